package io.alignstream.local.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.local.service.ReleaseClient.Release;
import io.alignstream.local.site.LaunchException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReleaseClientTest {

    private static final List<Release> RELEASES = List.of(
            release("4f2a11", "ab".repeat(32)), release("4f2a", "cd".repeat(32)), release("77aa", "4e".repeat(32)));

    @ParameterizedTest
    @CsvSource({
        "4f2a, 4f2a", // itself before those that it begins
        "4f2a1, 4f2a11",
        "7, 77aa",
        "ababababab, 4f2a11",
        "4e4e4e, 77aa",
    })
    void aReleaseIsFoundByTheBeginningOfItsRunOrCandidate(String name, String run) {
        assertThat(ReleaseClient.find(RELEASES, name).run()).isEqualTo(run);
    }

    @ParameterizedTest
    @ValueSource(strings = {"99", "", " "})
    void aNameOfNoneSaysWhereTheyAre(String name) {
        assertThatThrownBy(() -> ReleaseClient.find(RELEASES, name))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("'" + name + "'")
                .hasMessageContaining("./alignstream release list");
    }

    @Test
    void aNameOfSeveralNamesThem() {
        assertThatThrownBy(() -> ReleaseClient.find(RELEASES, "4"))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("4f2a11, 4f2a, 77aa")
                .hasMessageContaining("give more of it");
    }

    private static Release release(String run, String sha256) {
        return new Release(
                "alignstream/" + run,
                "alignstream",
                run,
                new Reference(URI.create("file:/store/" + run), sha256, 1),
                ModelRelease.Verdict.APPROVED,
                Reason.of("gate.approved"),
                null,
                Map.of());
    }
}
