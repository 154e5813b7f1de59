package io.alignstream.stageruntime.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KeyTriesTest {

    private static final ApiKey.Fresh FRESH = ApiKey.create("ann", List.of(Role.VIEWER.id()), Instant.now());
    private static final ApiKey.Fresh OTHER = ApiKey.create("bob", List.of(Role.VIEWER.id()), Instant.now());
    private static final ApiKey KEY = FRESH.kept();
    private static final String RIGHT = FRESH.text();
    private static final String WRONG = RIGHT.substring(0, RIGHT.length() - 43) + "A".repeat(43);

    private final AtomicLong now = new AtomicLong(-5);
    private final KeyTries tries = new KeyTries(
            id -> Stream.of(KEY, OTHER.kept())
                    .filter(key -> key.id().equals(id))
                    .findFirst(),
            now::get);

    private void wrong(String address, int count) {
        for (int tried = 0; tried < count; tried++) {
            tries.find(WRONG, address);
        }
    }

    @Test
    void aFewMistakesCostNothing() {
        // Given
        wrong("10.0.0.1", KeyTries.WRONG - 1);

        // When
        KeyTries.Outcome outcome = tries.find(RIGHT, "10.0.0.1");

        // Then
        assertThat(outcome).isEqualTo(new KeyTries.Outcome(Optional.of(KEY), Duration.ZERO));
    }

    @Test
    void whoWaitsMayTryAgain() {
        // Given
        wrong("10.0.0.1", KeyTries.WRONG + 5);
        now.addAndGet(KeyTries.PERIOD.toNanos() - 1);
        KeyTries.Outcome early = tries.find(RIGHT, "10.0.0.1");

        // When
        now.addAndGet(early.left().toNanos());
        KeyTries.Outcome later = tries.find(RIGHT, "10.0.0.1");

        // Then
        assertThat(early.tooMany()).isTrue();
        assertThat(early.retryAfter()).isEqualTo(1);
        assertThat(early.key()).isEmpty();
        assertThat(later.key()).contains(KEY);
    }

    @Test
    void addressesOfOneNetworkOfIpv6AreOneAndOthersAreNot() {
        // Given
        for (int host = 1; host <= KeyTries.WRONG; host++) {
            wrong("2001:db8:1:2::" + host, 1);
        }

        // When
        KeyTries.Outcome same = tries.find(RIGHT, "2001:db8:1:2:ffff::1");
        KeyTries.Outcome other = tries.find(RIGHT, "2001:db8:1:3::1");

        // Then
        assertThat(same.tooMany()).isTrue();
        assertThat(other.key()).contains(KEY);
    }

    @Test
    void aKeyThatHasWorkedFromThereWorksOn() {
        // Given
        tries.find(RIGHT, "10.0.0.1");
        wrong("10.0.0.1", KeyTries.WRONG + 5);

        // When
        KeyTries.Outcome outcome = tries.find(RIGHT, "10.0.0.1");

        // Then
        assertThat(outcome.key()).contains(KEY);
    }

    @Test
    void whatIsMadeUpOrAnothersKeyKeepsNobodyOut() {
        // Given: both through one proxy
        wrong("10.0.0.1", KeyTries.WRONG + 5);
        for (int tried = 0; tried < KeyTries.WRONG + 5; tried++) {
            tries.find("alignstream_00000000_" + "A".repeat(43), "10.0.0.1");
            tries.find("", "10.0.0.1");
        }

        // When
        KeyTries.Outcome outcome = tries.find(OTHER.text(), "10.0.0.1");

        // Then
        assertThat(outcome.key()).contains(OTHER.kept());
    }
}
