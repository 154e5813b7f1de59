package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.view.RecordOrigin;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** Which release a name stands for, and for whom. */
class VersionsTest {

    private static final Instant APPROVAL = Instant.parse("2026-11-30T08:00:00Z");
    private static final Duration TRIAL = Duration.ofHours(1);

    private final Releases releases = new Releases();

    @Test
    void theNewestIsOnTrialBesideTheOneBeforeUntilItsTimeIsOver() {
        // Given
        publish("one", APPROVAL.minus(Duration.ofDays(1)));
        publish("two", APPROVAL);

        // When
        Versions within = versions(APPROVAL.plus(TRIAL).minusMillis(1));
        Versions after = versions(APPROVAL.plus(TRIAL));

        // Then
        assertThat(within.trial()).isTrue();
        assertThat(runs(within.inService())).containsExactly("one", "two");
        assertThat(within.stable().map(ModelRelease::run)).contains("one");
        assertThat(within.latest().map(ModelRelease::run)).contains("two");
        assertThat(after.trial()).isFalse();
        assertThat(runs(after.inService())).containsExactly("two");
        assertThat(after.stable().map(ModelRelease::run)).contains("two");
    }

    @Test
    void withoutAnOlderReleaseThereIsNoTrial() {
        // Given
        publish("one", APPROVAL);

        // When
        Versions versions = versions(APPROVAL);

        // Then
        assertThat(versions.trial()).isFalse();
        assertThat(versions.stable().map(ModelRelease::run)).contains("one");
    }

    @Test
    void aShareOfTheClientsGetsTheOneOnTrialAndKeepsIt() {
        // Given
        publish("one", APPROVAL.minus(Duration.ofDays(1)));
        publish("two", APPROVAL);
        Versions versions = versions(APPROVAL);

        // When
        List<Optional<ModelRelease>> given = clients(versions, 0.2);

        // Then
        long onTrial = given.stream().filter(versions.latest()::equals).count();
        assertThat(onTrial).isBetween(150L, 250L);
        assertThat(clients(versions, 0.2)).isEqualTo(given);
        assertThat(clients(versions, 0)).containsOnly(versions.stable());
        assertThat(clients(versions, 1)).containsOnly(versions.latest());
    }

    private static List<Optional<ModelRelease>> clients(Versions versions, double share) {
        return IntStream.range(0, 1_000)
                .mapToObj(client -> versions.of("client " + client, share))
                .toList();
    }

    private Versions versions(Instant now) {
        return releases.versions("alignstream", TRIAL, now);
    }

    private static List<String> runs(List<ModelRelease> releases) {
        return releases.stream().map(ModelRelease::run).toList();
    }

    private void publish(String run, Instant when) {
        String sha256 = "%08x".formatted(run.hashCode()).repeat(8);
        Reference reference = new Reference(URI.create("file:/store/" + run), sha256, 1);
        ModelRelease release = new ModelRelease(
                "alignstream", ModelRelease.Verdict.APPROVED, reference, run, Map.of(), "for the test");
        publish(releases, release, when);
    }

    static void publish(Releases releases, ModelRelease release, Instant when) {
        byte[] key = Topic.MODEL_RELEASES.key(release).getBytes(StandardCharsets.UTF_8);
        releases.handle(
                release,
                new RecordOrigin(new ConsumerRecord<>(
                        "model-releases",
                        0,
                        0,
                        when.toEpochMilli(),
                        TimestampType.CREATE_TIME,
                        key.length,
                        0,
                        key,
                        new byte[0],
                        new RecordHeaders(),
                        Optional.empty())));
    }
}
