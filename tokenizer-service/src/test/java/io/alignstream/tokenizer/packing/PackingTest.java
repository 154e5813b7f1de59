package io.alignstream.tokenizer.packing;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.TokenBatch.Split;
import io.alignstream.contracts.split.HeldOut;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PackingTest {

    private static final Packing TENTH = new Packing(16, 4, 0.1);

    @Test
    void theRuleOfEveryStageDecidesUnlessALabelDoes() {
        // Given
        String heldOut = text(true);
        String other = text(false);

        // When
        List<Split> splits = List.of(
                TENTH.split(document(heldOut, Map.of())),
                TENTH.split(document(other, Map.of())),
                TENTH.split(document(heldOut, Map.of("split", "training"))),
                TENTH.split(document(other, Map.of("split", "validation"))),
                TENTH.split(document(other, Map.of("split", "other"))));

        // Then
        assertThat(splits)
                .containsExactly(Split.VALIDATION, Split.TRAINING, Split.TRAINING, Split.VALIDATION, Split.TRAINING);
    }

    private static String text(boolean heldOut) {
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> "document " + i)
                .filter(text -> HeldOut.of(text, 0.1) == heldOut)
                .findFirst()
                .orElseThrow();
    }

    private static CleanDocument document(String text, Map<String, String> labels) {
        return new CleanDocument("d", text, "here", labels, "ab".repeat(32), 4);
    }
}
