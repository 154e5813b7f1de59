package io.alignstream.stageruntime.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.access.EndedSession;
import io.alignstream.contracts.hash.Sha256;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class EndedSessionsTest {

    private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");
    private static final int MOST = 3;

    private Instant now = NOW;
    private final EndedSessions ended = new EndedSessions(null, Duration.ofHours(12), () -> now, MOST);

    private static EndedSession session(String name, long begun) {
        long millis = NOW.plusSeconds(begun).toEpochMilli();
        return new EndedSession(
                Sha256.hex(name), millis, millis + Duration.ofHours(12).toMillis());
    }

    @Test
    void beforeTheTopicWasReadNoSessionOfBeforeIsBelieved() {
        // Given
        EndedSession before = session("before", -1);
        EndedSession since = session("since", 0);
        assertThat(ended.isOver(before)).isTrue();
        assertThat(ended.isOver(since)).isFalse();

        // When
        ended.known();

        // Then
        assertThat(ended.isOver(before)).isFalse();
        assertThat(ended.isOver(since)).isFalse();
    }

    @Test
    void oneThatIsOverByItselfNeedNotBeKnown() {
        // Given
        ended.known();
        now = NOW.plus(Duration.ofHours(13));

        // When
        ended.take(session("old", 0));

        // Then
        assertThat(ended.isOver(session("old", 0))).isFalse();
    }

    /** Whoever signs in and out without end takes no memory for it, and brings nothing back that was ended. */
    @Test
    void whereTooManyAreEndedWhatIsAsOldIsOverToo() {
        // Given
        ended.known();

        // When
        for (int i = 0; i < 5; i++) {
            ended.take(session("session " + i, i));
        }

        // Then
        for (int i = 0; i < 5; i++) {
            assertThat(ended.isOver(session("session " + i, i)))
                    .as("session %d", i)
                    .isTrue();
        }
        assertThat(ended.isOver(session("as old", 0))).isTrue();
        assertThat(ended.isOver(session("newer", 5))).isFalse();
    }
}
