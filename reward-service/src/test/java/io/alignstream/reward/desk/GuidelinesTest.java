package io.alignstream.reward.desk;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.judgement.Guideline;
import org.junit.jupiter.api.Test;

class GuidelinesTest {

    private final Guidelines guidelines = new Guidelines();

    @Test
    void theLastOneIsInForceAndOlderOnesStayKnown() {
        // Given
        guidelines.add(new Guideline("v1", "first", "ann"));

        // When
        guidelines.add(new Guideline("v2", "second", "ann"));

        // Then
        assertThat(guidelines.version()).isEqualTo("v2");
        assertThat(guidelines.knows("v1")).isTrue();
        assertThat(guidelines.knows("v3")).isFalse();
    }

    @Test
    void whatIsPublishedAgainIsInForceAgainAndAWithdrawnOneIsNot() {
        // Given
        guidelines.add(new Guideline("v1", "first", "ann"));
        guidelines.add(new Guideline("v2", "second", "ann"));
        guidelines.add(new Guideline("v1", "first", "ann"));

        // When
        guidelines.withdraw("v1");

        // Then
        assertThat(guidelines.version()).isEqualTo("v2");
        guidelines.withdraw("v2");
        assertThat(guidelines.version()).isEqualTo(Guidelines.BUILT_IN);
    }
}
