package io.alignstream.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MixedTextTest {

    @Test
    void aSeedAlwaysSaysTheSameHalfInChinese() {
        // Given
        int bytes = 300_000;

        // When
        List<String> documents = new MixedText(1).documents(bytes);

        // Then
        assertThat(documents)
                .isEqualTo(new MixedText(1).documents(bytes))
                .isNotEqualTo(new MixedText(2).documents(bytes));
        String all = String.join("", documents);
        long han = all.codePoints()
                .filter(codePoint -> Character.UnicodeScript.of(codePoint) == Character.UnicodeScript.HAN)
                .count();
        assertThat(all.getBytes(StandardCharsets.UTF_8).length).isBetween(bytes, bytes + 10_000);
        assertThat(han * 3.0 / bytes).isBetween(0.35, 0.55);
    }
}
