package io.alignstream.local.lessons.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.local.site.Console;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LessonProgressTest {

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final LessonProgress progress =
            new LessonProgress(new Console(new PrintStream(said, true, StandardCharsets.UTF_8), false));

    @Test
    void parts_are_counted_and_each_says_what_came_of_it() {
        // Given
        progress.parts(2);

        // When
        progress.begin("reading");
        progress.at(1, 1, "done");
        progress.begin("learning");
        progress.at(1, 3, "loss 9");
        progress.at(2, 3, "loss 8");
        progress.at(3, 3, "loss 7");

        // Then: what is between lies too close together for a log
        assertThat(said.toString(StandardCharsets.UTF_8).lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("1/2 reading").contains("done in"),
                        line -> assertThat(line).startsWith("2/2 learning").contains("loss 7 in"));
    }

    @Test
    void without_a_number_of_parts_none_is_said() {
        // When
        progress.begin("reading");
        progress.at(1, 1, "done");

        // Then
        assertThat(said.toString(StandardCharsets.UTF_8)).startsWith("reading");
    }
}
