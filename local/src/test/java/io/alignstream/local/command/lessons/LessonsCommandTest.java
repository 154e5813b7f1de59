package io.alignstream.local.command.lessons;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.local.Alignstream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LessonsCommandTest {

    @TempDir
    Path folder;

    private record Said(int exit, String text) {}

    /** Here and not in a process of its own, whose class path is that of a whole build. */
    private static Said said(String... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setProperty(LessonOptions.HERE, "true");
        try (PrintStream both = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            System.setOut(both);
            System.setErr(both);
            int exit = Alignstream.execute(arguments);
            return new Said(exit, said.toString(StandardCharsets.UTF_8));
        } finally {
            System.clearProperty(LessonOptions.HERE);
            System.setOut(out);
            System.setErr(err);
        }
    }

    @Test
    void a_lesson_writes_its_page_and_its_figures() throws IOException {
        // Given
        Path page = folder.resolve("new/folder/translation.html");
        Path json = folder.resolve("translation.json");

        // When
        Said said = said(
                "lessons",
                "translation",
                "--pairs",
                "100",
                "--steps",
                "2",
                "--to",
                page.toString(),
                "--json",
                json.toString());

        // Then
        assertThat(said.exit()).as(said.text()).isZero();
        assertThat(said.text()).contains("page: " + page, "figures: " + json);
        assertThat(Files.readString(page)).startsWith("<!doctype html>").contains("--pairs 100 --steps 2");
        JsonNode figures = new ObjectMapper().readTree(json.toFile());
        assertThat(figures.path("scores")).hasSize(4);
        assertThat(figures.path("setting").path("trainingPairs").asInt()).isEqualTo(94);
    }

    @Test
    void a_page_that_two_write_at_once_is_the_whole_of_one_of_them() throws Exception {
        // Given
        Path page = folder.resolve("page.html");
        List<byte[]> pages = List.of(
                "a".repeat(1_000_000).getBytes(UTF_8), "b".repeat(900_000).getBytes(UTF_8));
        LessonOptions.replace(page, pages.getFirst());

        // When
        try (ExecutorService writers = Executors.newFixedThreadPool(2)) {
            List<? extends Future<?>> writing = pages.stream()
                    .map(content -> writers.submit(() -> {
                        for (int i = 0; i < 50; i++) {
                            LessonOptions.replace(page, content);
                        }
                        return null;
                    }))
                    .toList();

            // Then
            do {
                assertThat(Files.readAllBytes(page))
                        .satisfiesAnyOf(seen -> assertThat(seen).isEqualTo(pages.getFirst()), seen -> assertThat(seen)
                                .isEqualTo(pages.getLast()));
            } while (writing.stream().anyMatch(each -> !each.isDone()));
            for (Future<?> each : writing) {
                each.get();
            }
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(page);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "lessons translation --pairs 7       | pairs is 7 but must be 100 to 150,000.",
                "lessons translation --steps 0       | steps is 0 but must be 1 to 100,000.",
                "lessons learning --steps -3         | steps is -3 but must be 1 to 100,000.",
                "lessons history --distance-steps 0  | distance steps 0 must be 1 to 100,000.",
                "lessons history --learning-rate 0   | learning rate is 0.0 but must be greater than 0 and at most 1.",
                "lessons history --text nowhere.txt  | There is no text file nowhere.txt",
                "lessons history --steps many        | --steps is many but must be a whole number",
                "lessons nonsense                    | nonsense"
            })
    void what_cannot_be_done_is_said_before_anything_is_computed(String command, String message) {
        // When
        Said said = said((command + " --to " + folder.resolve("page.html")).split(" +"));

        // Then
        assertThat(said.exit()).isNotZero();
        assertThat(said.text()).contains(message).doesNotContain("Exception");
        assertThat(folder.resolve("page.html")).doesNotExist();
    }

    @Test
    void a_page_that_cannot_be_written_is_said_before_anything_is_computed() {
        // When
        Said said = said("lessons", "translation", "--to", folder.toString());

        // Then
        assertThat(said.exit()).isEqualTo(1);
        assertThat(said.text()).contains(folder + " is a folder; give the name of a file.");
    }

    @Test
    void without_a_name_the_lessons_are_shown() {
        assertThat(said("lessons").text()).contains("history", "translation", "learning");
    }
}
