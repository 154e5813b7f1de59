package io.alignstream.languagemodel.tokenizer.split;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.languagemodel.tokenizer.Samples;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PreTokenizerTest {

    /** The documented expression in Java's spelling. */
    private static final Pattern PATTERN =
            Pattern.compile(HanSplit.PATTERN.replace("{Han}", "{IsHan}").replace("\\s", "[\\s\\x85\\p{Z}]"));

    @Test
    void scriptsPunctuationDigitsAndSpacesArePiecesOfTheirOwn() {
        // Given
        String text = "成都必去：熊猫基地（Panda  Base），2024年 ok?!\n\n 好";

        // When
        List<String> pieces = pieces(text);

        // Then
        assertThat(pieces)
                .containsExactly(
                        "成都必去", "：", "熊猫基地", "（", "Panda", " ", " Base", "）", "，", "202", "4", "年", " ok", "?", "!",
                        "\n\n ", "好");
    }

    @Test
    void piecesAreThoseOfTheDocumentedExpression() {
        // Given
        List<String> texts = Samples.texts(20_000, 6);

        for (String text : texts) {
            // When
            List<String> pieces = pieces(text);

            // Then
            assertThat(pieces)
                    .isEqualTo(PATTERN.matcher(text)
                            .results()
                            .map(match -> match.group())
                            .toList());
        }
    }

    private static List<String> pieces(String text) {
        List<String> pieces = new ArrayList<>();
        new HanSplit()
                .split(
                        text.toCharArray(),
                        0,
                        text.length(),
                        (chars, start, end) -> pieces.add(new String(chars, start, end - start)));
        return pieces;
    }
}
