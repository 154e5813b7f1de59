package io.alignstream.stageruntime.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KeyTriesTest {

    private static final ApiKey KEY =
            ApiKey.create("ann", List.of(Role.VIEWER.id()), Instant.now()).kept();

    private final AtomicLong now = new AtomicLong(-5);
    private final KeyTries tries =
            new KeyTries(text -> text.equals("right") ? Optional.of(KEY) : Optional.empty(), now::get);

    private void wrong(String address, int count) {
        for (int tried = 0; tried < count; tried++) {
            tries.find("wrong", address);
        }
    }

    @Test
    void aFewMistakesCostNothing() {
        // Given
        wrong("10.0.0.1", KeyTries.WRONG - 1);

        // When
        KeyTries.Outcome outcome = tries.find("right", "10.0.0.1");

        // Then
        assertThat(outcome).isEqualTo(new KeyTries.Outcome(Optional.of(KEY), Duration.ZERO));
    }

    @Test
    void whoWaitsMayTryAgain() {
        // Given
        wrong("10.0.0.1", KeyTries.WRONG + 5);
        now.addAndGet(KeyTries.PERIOD.toNanos() - 1);
        KeyTries.Outcome early = tries.find("right", "10.0.0.1");

        // When
        now.addAndGet(early.left().toNanos());
        KeyTries.Outcome later = tries.find("right", "10.0.0.1");

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
        KeyTries.Outcome same = tries.find("right", "2001:db8:1:2:ffff::1");
        KeyTries.Outcome other = tries.find("right", "2001:db8:1:3::1");

        // Then
        assertThat(same.tooMany()).isTrue();
        assertThat(other.key()).contains(KEY);
    }

    @Test
    void aKeyThatHasWorkedFromThereWorksOn() {
        // Given
        tries.find("right", "10.0.0.1");
        wrong("10.0.0.1", KeyTries.WRONG + 5);

        // When
        KeyTries.Outcome outcome = tries.find("right", "10.0.0.1");

        // Then
        assertThat(outcome.key()).contains(KEY);
    }
}
