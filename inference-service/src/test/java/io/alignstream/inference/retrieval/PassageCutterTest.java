package io.alignstream.inference.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PassageCutterTest {

    @Test
    void passagesEndWithSentences() {
        // Given
        PassageCutter cutter = new PassageCutter(100);

        // When
        List<String> passages =
                cutter.cut("The mayor of Velmora is Tarik Oln. He was elected in the spring of that year."
                        + " The harbour was opened soon after by him.");

        // Then
        assertThat(passages)
                .containsExactly(
                        "The mayor of Velmora is Tarik Oln. He was elected in the spring of that year.",
                        "The harbour was opened soon after by him.");
    }

    @Test
    void chineseSentencesEndWithTheirOwnMarks() {
        // Given
        PassageCutter cutter = new PassageCutter(55);

        // When
        List<String> passages = cutter.cut("武侯祠在成都武侯区。它供奉诸葛亮和刘备！杜甫草堂在青羊区，是诗人的故居。");

        // Then
        assertThat(passages).containsExactly("武侯祠在成都武侯区。", "它供奉诸葛亮和刘备！", "杜甫草堂在青羊区，是诗人的故居。");
    }

    @Test
    void aShortSentenceIsSaidAgainAsTheNextMayReferToIt() {
        // Given
        PassageCutter cutter = new PassageCutter(100);

        // When
        List<String> passages =
                cutter.cut("It rained for many days in the whole of the country, as it does. Then came Oln."
                        + " He opened the harbour and spoke of the trade with islands.");

        // Then
        assertThat(passages)
                .containsExactly(
                        "It rained for many days in the whole of the country, as it does. Then came Oln.",
                        "Then came Oln. He opened the harbour and spoke of the trade with islands.");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void nothingIsLostAndNoPassageIsTooLong(long seed) {
        // Given
        Random random = new Random(seed);
        String alphabet = "ab c.\n。字😀é! ";
        int[] letters = alphabet.codePoints().toArray();
        String text = random.ints(3_000, 0, letters.length)
                .mapToObj(place -> Character.toString(letters[place]))
                .collect(Collectors.joining());

        // When
        List<String> passages = new PassageCutter(100).cut(text);

        // Then
        assertThat(passages).allSatisfy(passage -> {
            assertThat(passage.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(1, 100);
            assertThat(text).contains(passage);
        });
        int at = 0;
        for (String passage : passages) {
            int begin = text.indexOf(passage, Math.max(0, at - 100));
            assertThat(text.substring(Math.min(at, begin), begin)).isBlank();
            at = Math.max(at, begin + passage.length());
        }
        assertThat(text.substring(at)).isBlank();
    }
}
