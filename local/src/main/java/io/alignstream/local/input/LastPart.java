package io.alignstream.local.input;

import io.alignstream.local.input.file.LineReader;
import java.nio.file.Path;
import java.util.Map;

/**
 * Which text is held out for validation.
 *
 * @param lastShare share of the characters at the end of each {@code .txt} file, which then is one running text; 0 leaves
 *     it to tokenizer-service, which chooses whole documents by their hash
 */
public record LastPart(double lastShare) {

    /** Documents are chosen by their hash. */
    public static final LastPart BY_HASH = new LastPart(0);

    static final Map<String, String> TRAINING = Map.of("split", "training");
    static final Map<String, String> VALIDATION = Map.of("split", "validation");

    public LastPart {
        if (!(lastShare >= 0 && lastShare <= 0.5)) {
            throw new IllegalArgumentException(
                    "documents.validation-last is " + lastShare + " but must lie between 0 and 0.5");
        }
    }

    /** Characters before the held-out ones; reads the file. */
    long trainingCharacters(Path file, boolean repair) {
        long characters = 0;
        try (LineReader lines = LineReader.open(file, repair, read -> {})) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                characters += line.length() + 1L;
            }
        }
        return (long) (characters * (1 - lastShare));
    }
}
