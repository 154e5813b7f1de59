package io.alignstream.tokenizer.packing;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.TokenBatch.Split;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PackingTest {

    private static final Packing TENTH = new Packing(16, 4, 0.1);

    @Test
    void theHashDecidesUnlessALabelDoes() {
        assertThat(TENTH.split(document("00", Map.of()))).isEqualTo(Split.VALIDATION);
        assertThat(TENTH.split(document("ff", Map.of()))).isEqualTo(Split.TRAINING);
        assertThat(TENTH.split(document("00", Map.of("split", "training")))).isEqualTo(Split.TRAINING);
        assertThat(TENTH.split(document("ff", Map.of("split", "validation")))).isEqualTo(Split.VALIDATION);
        assertThat(TENTH.split(document("ff", Map.of("split", "other")))).isEqualTo(Split.TRAINING);
    }

    private static CleanDocument document(String digits, Map<String, String> labels) {
        return new CleanDocument("d", "text", "here", labels, digits.repeat(32), 4);
    }
}
