package io.alignstream.languagemodel.tokenizer.split;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.languagemodel.tokenizer.Samples;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ByteLevelSplitTest {

    @ParameterizedTest
    @EnumSource(ByteLevelSplit.class)
    void piecesAreThoseOfTheRegularExpression(ByteLevelSplit split) {
        // Given
        PreTokenizer expression = new RegexSplit(split.pattern(), false);

        for (String text : Samples.texts(20_000, 30)) {
            // When
            List<String> pieces = pieces(split, text);

            // Then
            assertThat(pieces).isEqualTo(pieces(expression, text));
        }
    }

    private static List<String> pieces(PreTokenizer preTokenizer, String text) {
        List<String> pieces = new ArrayList<>();
        preTokenizer.split(
                text.toCharArray(),
                0,
                text.length(),
                (chars, start, end) -> pieces.add(new String(chars, start, end - start)));
        return pieces;
    }
}
