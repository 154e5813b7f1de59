package io.alignstream.benchmarks.training;

import io.alignstream.benchmarks.harness.MixedText;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Text as token ids in a file that every peer reads. */
public final class TrainingText {

    private static final int VOCABULARY = 2_048;
    private static final int GENERATED_BYTES = 1 << 20;

    private TrainingText() {}

    /**
     * Trains a tokenizer and writes the ids, 32 bits little-endian each.
     *
     * @param text a file; generated documents if there is none
     * @return size of the vocabulary
     */
    public static int encode(Optional<Path> text, Path tokens) throws IOException {
        List<String> documents = text.isPresent()
                ? Arrays.stream(Files.readString(text.get()).split("(?<=\n)\n"))
                        .filter(part -> !part.isBlank())
                        .toList()
                : new MixedText(1).documents(GENERATED_BYTES);
        Tokenizer tokenizer = new BpeTrainer(VOCABULARY).train(documents.stream());
        int[] ids = documents.stream()
                .flatMapToInt(document -> IntStream.concat(
                        Arrays.stream(tokenizer.encode(document)), IntStream.of(tokenizer.endOfDocument())))
                .toArray();
        write(tokens, ids);
        return tokenizer.vocabularySize();
    }

    static void write(Path file, int[] ids) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(ids);
        Files.write(file, bytes.array());
    }
}
