package io.alignstream.pretrain.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A text, tokenised and packed in memory: for trials that need no broker; immutable.
 *
 * @param tokenizer learned from the training documents
 * @param training sequences of equal length
 * @param validation sequences of the held-out documents, the last one padded
 */
public record PreparedText(Tokenizer tokenizer, List<int[]> training, List<int[]> validation) {

    /** Of the documents, unless their labels say which. */
    private static final double HELD_OUT_SHARE = 0.1;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * Reads documents, one JSON object {@code {"text": "...", "labels": {"split": "training|validation"}}} a line. Without
     * the label a document goes where {@link HeldOut} says, as in the pipeline.
     *
     * @param vocabularySize token ids to learn at most
     * @param sequenceLength tokens a sequence
     */
    public static PreparedText read(Path jsonLines, int vocabularySize, int sequenceLength) throws IOException {
        List<String> training = new ArrayList<>();
        List<String> validation = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(jsonLines)) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                JsonNode document = json(jsonLines, number, line);
                String text = document.path("text").asText();
                String split = document.path("labels").path("split").asText("");
                boolean heldOut =
                        split.equals("validation") || (!split.equals("training") && HeldOut.of(text, HELD_OUT_SHARE));
                (heldOut ? validation : training).add(text);
            }
        }
        return of(training, validation, vocabularySize, sequenceLength);
    }

    /** Learns a tokenizer from the {@code training} texts and packs both lists. */
    public static PreparedText of(
            List<String> training, List<String> validation, int vocabularySize, int sequenceLength) {
        Tokenizer tokenizer = new BpeTrainer(vocabularySize).train(training.stream());
        return new PreparedText(
                tokenizer,
                pack(tokenizer, training, sequenceLength, false),
                pack(tokenizer, validation, sequenceLength, true));
    }

    private static JsonNode json(Path file, int line, String text) throws IOException {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IOException(file + " line " + line + ": no JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static List<int[]> pack(Tokenizer tokenizer, List<String> texts, int length, boolean rest) {
        List<int[]> rows = new ArrayList<>();
        int[] open = new int[length];
        int filled = 0;
        for (String text : texts) {
            int[] ids = tokenizer.encode(text);
            for (int i = 0; i <= ids.length; i++) {
                open[filled++] = i < ids.length ? ids[i] : tokenizer.endOfDocument();
                if (filled == length) {
                    rows.add(open);
                    open = new int[length];
                    filled = 0;
                }
            }
        }
        if (rest && filled > 1) {
            Arrays.fill(open, filled, length, tokenizer.pad());
            rows.add(open);
        }
        return rows;
    }
}
