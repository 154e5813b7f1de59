package io.alignstream.textcleaning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearDuplicatesTest {

    private static final int PAIRS = 2_000;

    private final NearDuplicates near = new NearDuplicates();

    /** Pairs of texts with exactly {@code shared} of the 5-grams of each, of which there are 180. */
    @ParameterizedTest
    @CsvSource({"160, 0.924, 0.02", "144, 0.427, 0.03", "120, 0.053, 0.02", "170, 0.999, 0.01"})
    void findsPairsAsOftenAsTheoryPredicts(int shared, double recall, double tolerance) {
        // Given
        Random random = new Random(shared);
        int found = 0;
        double similarity = shared / (2 * 180.0 - shared);

        // When
        for (int pair = 0; pair < PAIRS; pair++) {
            String one = words(random, 184);
            String[] words = one.split(" ");
            String other = String.join(" ", Arrays.copyOf(words, shared + 4)) + " " + words(random, 180 - shared);
            found += meet(near.keys(one), near.keys(other)) ? 1 : 0;
        }

        // Then
        assertThat(1 - Math.pow(1 - Math.pow(similarity, 8), 14)).isCloseTo(recall, within(0.001));
        assertThat((double) found / PAIRS).isCloseTo(recall, within(tolerance));
    }

    @Test
    void looksThroughCasePunctuationAndSpaces() {
        // When
        long[] one = near.keys("今天来上海出差了。我在外滩喝咖啡！Good Morning");
        long[] other = near.keys("今天，来上海出差了。\n我在外滩喝咖啡。 good  morning.");

        // Then
        assertThat(one).hasSize(NearDuplicates.BANDS).isEqualTo(other);
    }

    @Test
    void tellsShortTextsApart() {
        // When
        long[] one = near.keys("成都");
        long[] other = near.keys("上海");

        // Then
        assertThat(meet(one, other)).isFalse();
        assertThat(near.keys("。！")).isEmpty();
    }

    private static boolean meet(long[] one, long[] other) {
        return LongStream.range(0, one.length).anyMatch(i -> one[(int) i] == other[(int) i]);
    }

    private static String words(Random random, int count) {
        return random.ints(count, 0, Integer.MAX_VALUE).mapToObj(i -> "w" + i).collect(Collectors.joining(" "));
    }
}
