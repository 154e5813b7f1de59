package io.alignstream.local.lessons.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.Document;
import io.alignstream.local.lessons.page.PageCheck;
import io.alignstream.local.lessons.run.LessonProgress;
import io.alignstream.local.lessons.run.LessonText;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tiny run of the whole lesson. */
class HistoryLessonTest {

    private static final int STEPS = 8;

    private static HistoryResult result;

    @TempDir
    Path folder;

    @BeforeAll
    static void run() {
        result = lesson(1).run();
    }

    private static HistoryLesson lesson(long seed) {
        List<String> texts = new WorldGenerator(World.load(), 1)
                .documents(1_200)
                .map(Document::text)
                .filter(text -> !text.isBlank())
                .toList();
        int cut = texts.size() * 9 / 10;
        return new HistoryLesson(
                new HistoryLesson.Settings(
                        seed,
                        List.of(new Contender.Size("small", 1, 32), new Contender.Size("large", 2, 32)),
                        OptionalDouble.empty(),
                        STEPS,
                        4,
                        20,
                        40,
                        8),
                new LessonText(texts.subList(0, cut), texts.subList(cut, texts.size())),
                "tiny",
                new LessonProgress(new Console(
                        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8), false)));
    }

    @Test
    void every_kind_stands_beside_every_other_in_two_sizes() {
        // When
        List<String> rows = result.models().stream()
                .map(row -> row.kind() + " " + row.size())
                .toList();

        // Then
        assertThat(rows)
                .containsExactly(
                        "n-gram 2",
                        "n-gram 3",
                        "n-gram 5",
                        "rnn small",
                        "rnn large",
                        "lstm small",
                        "lstm large",
                        "gru small",
                        "gru large",
                        "transformer small",
                        "transformer large");
        assertThat(result.models()).allSatisfy(row -> {
            assertThat(row.bitsPerByte()).isBetween(0.1, 8.0);
            assertThat(row.byContext())
                    .extracting(HistoryResult.Context::tokens)
                    .containsExactly(1, 2, 4, 8, 16, 32, 64, 128);
            assertThat(row.parameters()).isPositive();
        });
    }

    @Test
    void networks_of_one_size_have_about_as_many_weights() {
        long transformer = result.models().stream()
                .filter(row -> row.kind().equals("transformer") && row.size().equals("large"))
                .findFirst()
                .orElseThrow()
                .parameters();
        assertThat(result.models())
                .filteredOn(row -> row.size().equals("large"))
                .allSatisfy(row ->
                        assertThat((double) row.parameters() / transformer).isCloseTo(1, within(0.1)));
    }

    @Test
    void an_ngram_makes_no_use_of_what_is_farther_away_than_its_order() {
        // Given
        List<Double> trigram = result.models().get(1).byContext().stream()
                .map(HistoryResult.Context::nats)
                .toList();

        // Then: of one, two and 128 tokens
        assertThat(trigram.get(1)).isLessThan(trigram.getFirst()).isEqualTo(trigram.getLast());
    }

    @Test
    void equal_seeds_give_equal_figures_but_for_seconds() {
        // When
        HistoryResult again = lesson(1).run();

        // Then
        assertThat(again)
                .usingRecursiveComparison()
                .ignoringFieldsMatchingRegexes(".*[sS]econds")
                .isEqualTo(result);
    }

    @Test
    void the_page_is_whole_in_both_languages() throws IOException {
        PageCheck.of(new HistoryPage(result).html("./alignstream lessons history"), folder, browser -> assertThat(
                        browser.value("document.querySelectorAll('figure svg.chart').length")
                                .asInt())
                .isEqualTo(4));
    }

    @Test
    void a_text_that_is_missing_or_too_short_is_refused() throws IOException {
        Path brief = folder.resolve("brief.txt");
        Files.writeString(brief, "too little");
        assertThatThrownBy(() -> LessonText.of(Optional.of(folder.resolve("none.txt")), 1))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("none.txt");
        assertThatThrownBy(() -> LessonText.of(Optional.of(brief), 1))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("20000");
    }
}
