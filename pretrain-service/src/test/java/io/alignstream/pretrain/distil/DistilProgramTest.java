package io.alignstream.pretrain.distil;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole program: files in, a student in the store, and how it compares. */
class DistilProgramTest {

    private static Path teacher;

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @BeforeAll
    static void train() throws IOException {
        teacher = TinyTeacher.folder().toAbsolutePath();
    }

    private DistilProgram.Result run(DistilJob job) throws IOException {
        return DistilProgram.run(job, new PrintStream(said, true, StandardCharsets.UTF_8));
    }

    @Test
    void aStudentIsNearerToItsTeacherThanTheSameNetworkWithoutOne() throws IOException {
        // Given
        TinyTeacher.write(folder);

        // When
        DistilProgram.Result result = run(TinyTeacher.job(folder, teacher, 1, 64, 300, 0.9));

        // Then
        Map<String, Comparison.Row> rows = result.models().stream()
                .collect(Collectors.toMap(row -> row.model() + " " + row.weights(), Function.identity()));
        assertThat(rows)
                .containsOnlyKeys(
                        "teacher float32", "teacher int8", "student float32", "student int8", "alone float32");
        Comparison.Row student = rows.get("student float32");
        Comparison.Row alone = rows.get("alone float32");
        assertThat(student.teacherKl()).isLessThan(alone.teacherKl());
        assertThat(student.bitsPerByte()).isLessThan(alone.bitsPerByte());
        assertThat(student.parameters())
                .isEqualTo(alone.parameters())
                .isLessThan(rows.get("teacher float32").parameters());
        // the teacher is as near to itself as can be, and its int8 weights cost less than a hundredth of the loss
        assertThat(rows.get("teacher float32").teacherKl()).isCloseTo(0, within(1e-6));
        assertThat(rows.get("teacher float32").agreement()).isEqualTo(1);
        assertThat(rows.get("teacher int8").bitsPerByte())
                .isCloseTo(
                        rows.get("teacher float32").bitsPerByte(),
                        within(0.01 * rows.get("teacher float32").bitsPerByte()));
        if (TorchProgram.hasFusedOperators()) {
            assertThat(rows.get("student int8").bytes()).isLessThan(student.bytes() / 2);
        }
        // what was read, and what could not be: a conversation longer than a row
        assertThat(result.leftOut()).isEqualTo(1);
        assertThat(result.heldOutAnswers()).isEqualTo(1);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("answers of the teacher", "KL teacher", "memory: ");
        assertThat(folder.resolve(DistilProgram.RESULT)).isRegularFile();
        try (Transformer loaded = Transformer.load(Path.of(result.folder()))) {
            assertThat(loaded.config().layers()).isEqualTo(1);
            assertThat(Tokenizer.load(Path.of(result.folder())).sha256())
                    .isEqualTo(TinyTeacher.tokenizer().sha256());
        }
    }

    @Test
    void theSameJobIsTheSameStudentAndADoneOneIsNotTrainedAgain() throws IOException {
        // Given
        Path other = folder.resolve("other");
        TinyTeacher.write(folder);
        TinyTeacher.write(other);

        // When
        DistilProgram.Result first = run(TinyTeacher.job(folder, teacher, 1, 64, 6, 0.9));
        DistilProgram.Result again = run(TinyTeacher.job(folder, teacher, 1, 64, 6, 0.9));
        DistilProgram.Result elsewhere = run(TinyTeacher.job(other, teacher, 1, 64, 6, 0.9));
        DistilProgram.Result hotter = run(TinyTeacher.job(folder, teacher, 1, 64, 6, 0.5));

        // Then
        assertThat(again.reference()).isEqualTo(first.reference());
        assertThat(elsewhere.reference().sha256()).isEqualTo(first.reference().sha256());
        assertThat(hotter.run()).isNotEqualTo(first.run());
        assertThat(Files.list(Path.of(first.folder()))
                        .map(file -> file.getFileName().toString()))
                .contains("model.safetensors", "tokenizer.json", "config.json");
    }

    @Test
    void whatCannotBeIsSaidBeforeAnythingIsTrained() throws IOException {
        TinyTeacher.write(folder);
        assertThatThrownBy(() -> run(TinyTeacher.job(folder, teacher, 2, 128, 6, 0.9)))
                .hasMessageContaining("a student of 2 layers and width 128")
                .hasMessageContaining("--layers");
        assertThatThrownBy(() -> run(TinyTeacher.job(folder, teacher, 1, 100, 6, 0.9)))
                .hasMessage("--width is 100 but must be a multiple of 64");
        assertThatThrownBy(() -> run(TinyTeacher.job(folder, teacher, 1, 64, 0, 0.9)))
                .hasMessage("--steps is 0 but must be at least 1");
        assertThatThrownBy(() -> run(TinyTeacher.job(folder, teacher, 1, 64, 6, 1.5)))
                .hasMessage("--share is 1.5 but must be 0 to 1");
        Files.writeString(folder.resolve("documents.jsonl"), "{\"text\":\n");
        assertThatThrownBy(() -> run(TinyTeacher.job(folder, teacher, 1, 64, 6, 0.9)))
                .hasMessageContaining("documents.jsonl line 1 is no DocumentLine");
        Files.writeString(folder.resolve("documents.jsonl"), "");
        Files.writeString(folder.resolve("conversations.jsonl"), "");
        assertThatThrownBy(() -> run(TinyTeacher.job(folder, teacher, 1, 64, 6, 0.9)))
                .hasMessageContaining("there is no row to learn from");
    }
}
