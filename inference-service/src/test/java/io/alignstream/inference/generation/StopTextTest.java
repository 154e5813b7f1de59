package io.alignstream.inference.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopTextTest {

    @Test
    void findsAStopTextThatArrivesInPieces() {
        // Given
        StopText stops = new StopText(List.of("\n\nUser:", "END"));

        // When
        List<String> shown = List.of(stops.next("one\n"), stops.next("\ntwo\n\n"), stops.next("User: three"));

        // Then
        assertThat(shown).containsExactly("one", "\n\ntwo", "");
        assertThat(stops.found()).isTrue();
    }

    @Test
    void handsOutWhatOnlyLookedLikeOne() {
        // Given
        StopText stops = new StopText(List.of("END"));

        // When
        String shown = stops.next("the EN") + stops.next("TRY, the E") + stops.end();

        // Then
        assertThat(shown).isEqualTo("the ENTRY, the E");
        assertThat(stops.found()).isFalse();
    }

    @Test
    void theEarliestOfSeveralCounts() {
        // Given
        StopText stops = new StopText(List.of("d", "bc"));

        // When
        String shown = stops.next("abcd");

        // Then
        assertThat(shown).isEqualTo("a");
    }
}
