package io.alignstream.local.command.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.world.LimitQuestions.Question;
import io.alignstream.training.card.Limits.Knowledge;
import io.alignstream.training.retention.Registry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which model a person means, and what a file of questions has to hold. */
class EvaluateCommandTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void questionsAreLinesOfJson() throws IOException {
        // Given
        Path file = folder.resolve("questions.jsonl");
        Files.writeString(
                file,
                """
                {"knowledge": "known", "prompt": "Which?", "accepted": ["This"]}

                {"knowledge": "UNKNOWN", "prompt": "Where?", "accepted": []}
                """);

        // When
        List<Question> questions = EvaluateCommand.read(file);

        // Then
        assertThat(questions)
                .containsExactly(
                        new Question(Knowledge.KNOWN, "Which?", List.of("This")),
                        new Question(Knowledge.UNKNOWN, "Where?", List.of()));
    }

    @Test
    void whatIsNoQuestionIsNamed() throws IOException {
        // Given
        Path file = folder.resolve("questions.jsonl");
        Path empty = folder.resolve("empty.jsonl");
        Files.writeString(
                file, "{\"knowledge\": \"known\", \"prompt\": \"Which?\", \"accepted\": []}\n{\"prompt\": 1}");
        Files.writeString(empty, "\n");

        // Then
        assertThatThrownBy(() -> EvaluateCommand.read(file))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("line 2");
        assertThatThrownBy(() -> EvaluateCommand.read(empty)).hasMessageContaining("no question");
    }

    @Test
    void theBeginningOfARunOrOfAHashNamesAModel() {
        // Given
        Reference first = reference("first");
        Reference second = reference("second");
        Registry registry = new Registry(List.of(checkpoint("abc1", first), checkpoint("abd2", second)), List.of());

        // Then
        assertThat(PublishedModels.find(registry, "abc")).isEqualTo(first);
        assertThat(PublishedModels.find(registry, second.sha256().substring(0, 12)))
                .isEqualTo(second);
        assertThatThrownBy(() -> PublishedModels.find(registry, "ab"))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("2 models begin with ab");
        assertThatThrownBy(() -> PublishedModels.find(registry, "zz")).hasMessageContaining("zz");
    }

    private static Checkpoint checkpoint(String run, Reference reference) {
        return new Checkpoint(Stage.SFT, run, 1, reference, Map.of(), List.of(), Map.of());
    }

    private static Reference reference(String name) {
        return new Reference(URI.create("file:/" + name), Sha256.hex(name), 1);
    }
}
