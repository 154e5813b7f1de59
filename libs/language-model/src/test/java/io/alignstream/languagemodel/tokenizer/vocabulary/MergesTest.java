package io.alignstream.languagemodel.tokenizer.vocabulary;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.languagemodel.tokenizer.encoding.PieceMerger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MergesTest {

    @Test
    void longPiecesAreMergedLikeShortOnes() {
        // Given: merges of three letters and of what they make, in random order
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            List<Merges.Merge> list = new ArrayList<>();
            for (int pair = 0; pair < 12 * 12; pair++) {
                if (random.nextInt(3) == 0) {
                    list.add(new Merges.Merge(pair / 12, pair % 12, 3 + random.nextInt(9)));
                }
            }
            Collections.shuffle(list, random);
            PieceMerger merger = new PieceMerger(new Merges(list));
            int[] fast = random.ints(300, 0, 3).toArray();
            int[] scanned = fast.clone();

            // When
            int size = merger.merge(fast, fast.length);

            // Then
            assertThat(size).isEqualTo(merger.scan(scanned, scanned.length, new int[scanned.length]));
            assertThat(Arrays.copyOf(fast, size)).isEqualTo(Arrays.copyOf(scanned, size));
        }
    }
}
