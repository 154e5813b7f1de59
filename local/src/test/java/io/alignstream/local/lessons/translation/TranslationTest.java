package io.alignstream.local.lessons.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.local.lessons.page.PageCheck;
import io.alignstream.local.lessons.run.LessonProgress;
import io.alignstream.local.site.Console;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tiny run: few steps of a small network, which learns something and no more. */
class TranslationTest {

    private static final Translator.Settings TINY = new Translator.Settings(32, 1, 150, 64, 0.01);

    @TempDir
    Path folder;

    @Test
    void it_learns_and_its_page_shows_where_it_looks() throws IOException {
        // Given
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        LessonProgress progress =
                new LessonProgress(new Console(new PrintStream(said, true, StandardCharsets.UTF_8), false));

        // When
        TranslationResult result = new Translation(1, 1_000, 150, false).translated(TINY, progress);

        // Then
        assertThat(result.losses().getFirst()[1]).isGreaterThan(3);
        assertThat(result.losses().getLast()[1]).isLessThan(1.8);
        assertThat(result.scores()).hasSize(4).allSatisfy(score -> assertThat(score.right())
                .isBetween(0, score.tested()));
        assertThat(result.setting().trainingPairs() + 2 * result.setting().testPairs())
                .isEqualTo(1_000);
        assertThat(result.attention()).hasSize(12).allSatisfy(attention -> {
            assertThat(attention.shares()[0][0])
                    .hasDimensions(attention.target().size(), attention.source().size());
            double sum = 0;
            for (float share : attention.shares()[0][0][0]) {
                sum += share;
            }
            assertThat(sum).isCloseTo(1, within(1e-5));
        });
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("encoder-decoder", "unseen pairs");
        PageCheck.of(new TranslationPage(result).html("./alignstream lessons translation"), folder, browser -> {
            assertThat(browser.value("document.querySelectorAll('#shares tbody tr').length")
                            .asInt())
                    .isEqualTo(result.attention().getFirst().target().size());
            browser.value("document.getElementById('sentence').focus()");
            browser.press("ArrowDown");
            browser.await("document.querySelectorAll('#shares tbody tr').length === "
                    + result.attention().get(1).target().size());
            assertThat(browser.value("document.getElementById('written').textContent")
                            .asText())
                    .isEqualTo(result.attention().get(1).text());
        });
    }

    @Test
    void equal_seeds_give_equal_weights_and_figures() {
        // Given
        Translator.Settings brief = new Translator.Settings(16, 1, 5, 16, 0.01);
        LessonProgress silent = new LessonProgress(
                new Console(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8), false));

        // When
        TranslationResult first = new Translation(7, 200, 5, false).translated(brief, silent);
        TranslationResult second = new Translation(7, 200, 5, false).translated(brief, silent);

        // Then
        assertThat(first.sha256()).isEqualTo(second.sha256());
        assertThat(first.scores()).isEqualTo(second.scores());
    }

    @Test
    void settings_are_chosen_by_pairs_that_are_none_of_the_test() {
        // Given
        Translator.Settings brief = new Translator.Settings(16, 1, 1, 16, 0.01);
        LessonProgress silent = new LessonProgress(
                new Console(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8), false));

        // When
        TranslationResult chosen = new Translation(7, 200, 1, true).translated(brief, silent);
        TranslationResult tested = new Translation(7, 200, 1, false).translated(brief, silent);

        // Then
        assertThat(chosen.sha256()).isEqualTo(tested.sha256());
        assertThat(chosen.attention())
                .extracting(Translator.Attention::source)
                .doesNotContainAnyElementsOf(tested.attention().stream()
                        .map(Translator.Attention::source)
                        .toList());
    }

    @Test
    void too_few_pairs_are_refused() {
        assertThatThrownBy(() -> new Translation(1, 99, 10, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("pairs is 99 but must be 100 to 150,000");
    }
}
