package io.alignstream.pretrain.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreparedTextTest {

    private static final List<String> TEXTS =
            IntStream.range(0, 60).mapToObj(number -> "text " + number).toList();

    @TempDir
    private Path folder;

    @Test
    void what_the_pipeline_would_hold_out_is_held_out() throws IOException {
        // Given
        Path file = write(TEXTS.stream().map(text -> "{\"text\": \"" + text + "\"}"));

        // When
        PreparedText prepared = PreparedText.read(file, 300, 8);

        // Then
        assertThat(validation(prepared))
                .isEqualTo(TEXTS.stream().filter(text -> HeldOut.of(text, 0.1)).collect(Collectors.joining()))
                .isNotEmpty();
    }

    @Test
    void a_label_goes_before_the_share() throws IOException {
        // Given
        Path file = write(TEXTS.stream()
                .map(text -> "{\"text\": \"" + text + "\", \"labels\": {\"split\": \""
                        + (text.equals("text 7") ? "validation" : "training") + "\"}}"));

        // When
        PreparedText prepared = PreparedText.read(file, 300, 8);

        // Then
        assertThat(validation(prepared)).isEqualTo("text 7");
    }

    private Path write(Stream<String> lines) throws IOException {
        return Files.write(folder.resolve("documents.jsonl"), lines.toList());
    }

    /** The held-out texts, one after the other. */
    private static String validation(PreparedText prepared) {
        Tokenizer tokenizer = prepared.tokenizer();
        int[] ids = prepared.validation().stream()
                .flatMapToInt(Arrays::stream)
                .filter(id -> id != tokenizer.endOfDocument() && id != tokenizer.pad())
                .toArray();
        return tokenizer.decode(ids);
    }
}
