package io.alignstream.tokenizer.documents;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.textcleaning.Rule;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OutcomeTest {

    @Test
    void everyRuleAndOutcomeHasANameAndAMeaning() {
        // Given
        Set<String> codes = Messages.in(Language.ENGLISH).sentences().keySet();

        // When
        Stream<String> outcomes = Stream.concat(
                Stream.of(Outcome.KEPT.id(), Outcome.POISON.id()),
                Arrays.stream(Rule.values()).map(Rule::id));

        // Then
        assertThat(outcomes).allSatisfy(id -> assertThat(codes)
                .contains(Outcome.meaning(id).code(), Outcome.meaning(id).code() + ".name"));
    }
}
