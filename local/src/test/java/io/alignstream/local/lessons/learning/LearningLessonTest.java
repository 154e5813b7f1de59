package io.alignstream.local.lessons.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.local.lessons.page.PageCheck;
import io.alignstream.local.lessons.run.LessonProgress;
import io.alignstream.local.site.Console;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearningLessonTest {

    @TempDir
    Path folder;

    /** Three heaps in eight dimensions; which heap is which is the label. */
    private static float[][] heaps(int count, SplittableRandom random) {
        float[][] vectors = new float[count][8];
        for (int i = 0; i < count; i++) {
            for (int d = 0; d < 8; d++) {
                vectors[i][d] = (float) ((i % 3 == d % 3 ? 2 : -1) + 0.4 * random.nextGaussian());
            }
        }
        return vectors;
    }

    private static int[] labels(int count) {
        return IntStream.range(0, count).map(i -> i % 3).toArray();
    }

    @Test
    void clusters_find_heaps_without_labels() {
        // Given
        float[][] vectors = heaps(150, new SplittableRandom(1));

        // When
        Clusters clusters = Clusters.of(vectors, 3, new SplittableRandom(2));
        int[][] counts = Clusters.counts(clusters.of(), labels(150), 3, 3);

        // Then
        assertThat(Clusters.purity(counts)).isEqualTo(1);
        assertThat(Clusters.mutualInformation(counts)).isCloseTo(1, within(1e-9));
        assertThat(Clusters.mutualInformation(new int[][] {{10, 10}, {10, 10}})).isCloseTo(0, within(1e-9));
        assertThat(Clusters.purity(new int[][] {{8, 2}, {1, 9}})).isCloseTo(0.85, within(1e-9));
    }

    @Test
    void a_classifier_tells_heaps_apart_after_a_few_labels() {
        // Given
        float[][] vectors = heaps(150, new SplittableRandom(3));

        // When
        Softmax classifier = Softmax.learn(vectors, labels(150), new int[] {0, 1, 2, 3, 4, 5}, 3);

        // Then
        assertThat(IntStream.range(6, 150)).allMatch(i -> classifier.label(vectors[i]) == i % 3);
        assertThat(Arrays.stream(classifier.chances(vectors[9])).sum()).isCloseTo(1, within(1e-9));
    }

    @Test
    void the_plane_shows_the_directions_in_which_vectors_differ_most() {
        // Given: a long, a middle and a short direction
        SplittableRandom random = new SplittableRandom(4);
        float[][] vectors = new float[400][];
        Arrays.setAll(vectors, i -> new float[] {
            (float) random.nextGaussian(), (float) (9 * random.nextGaussian()), (float) (3 * random.nextGaussian())
        });

        // When
        double[][] plane = PrincipalComponents.plane(vectors);

        // Then
        for (int i = 0; i < vectors.length; i++) {
            assertThat(Math.abs(plane[i][0])).isCloseTo(Math.abs(vectors[i][1]), within(1.5));
            assertThat(Math.abs(plane[i][1])).isCloseTo(Math.abs(vectors[i][2]), within(2.5));
        }
    }

    @Test
    void the_whole_lesson_runs_and_its_page_is_whole_in_both_languages() throws IOException {
        // Given: a hundredth of it
        LearningLesson.Settings tiny = new LearningLesson.Settings(1, 300, 100, 600, 1, 32, 30, List.of(0.05, 1.0));
        LessonProgress silent = new LessonProgress(
                new Console(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8), false));

        // When
        LearningResult result = new LearningLesson(tiny, silent).run();
        LearningResult again = new LearningLesson(tiny, silent).run();

        // Then
        assertThat(result.pretraining().after()).isLessThan(result.pretraining().before());
        assertThat(result.supervised().getLast().labels()).isEqualTo(300);
        assertThat(result.supervised().getLast().accuracy()).isGreaterThan(result.majority());
        assertThat(result.pseudo().taken()).isBetween(0.0, 1.0);
        assertThat(Arrays.stream(result.clusters().counts())
                        .flatMapToInt(Arrays::stream)
                        .sum())
                .isEqualTo(300);
        assertThat(again)
                .usingRecursiveComparison()
                .ignoringFieldsMatchingRegexes(".*[sS]econds")
                .isEqualTo(result);
        PageCheck.of(new LearningPage(result).html("./alignstream lessons learning"), folder, browser -> assertThat(
                        browser.value("document.querySelectorAll('figure svg.chart').length")
                                .asInt())
                .isEqualTo(3));
    }
}
