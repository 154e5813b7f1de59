package io.alignstream.tokenizer.vocabulary;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** How often each token occurs in the documents that a tokenizer was learned from: a file beside the tokenizer. */
public final class TokenFrequencies {

    private static final String FILE = "token-frequencies.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    private TokenFrequencies() {}

    /** Writes counts by token id. */
    public static void write(Path folder, long[] frequencies) throws IOException {
        Files.write(folder.resolve(FILE), JSON.writeValueAsBytes(frequencies));
    }

    /** Counts by token id; none for a tokenizer that was stored without them. */
    public static Optional<long[]> read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        return Files.exists(file) ? Optional.of(JSON.readValue(file.toFile(), long[].class)) : Optional.empty();
    }
}
