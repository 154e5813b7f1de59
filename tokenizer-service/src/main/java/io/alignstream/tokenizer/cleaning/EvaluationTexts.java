package io.alignstream.tokenizer.cleaning;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.textcleaning.Decontamination;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The evaluation sets that documents are held against: files of texts, one a line, or of JSON lines. */
public final class EvaluationTexts {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private EvaluationTexts() {}

    /**
     * Reads {@code files}.
     *
     * @throws IllegalArgumentException if one cannot be read: documents would pass that should not
     */
    public static Decontamination read(List<Path> files) {
        List<String> texts = new ArrayList<>();
        for (Path file : files) {
            boolean json = file.toString().endsWith(".jsonl");
            try (Stream<String> lines = Files.lines(file)) {
                lines.filter(line -> !line.isBlank()).forEach(line -> {
                    if (json) {
                        addStrings(parse(file, line), texts);
                    } else {
                        texts.add(line);
                    }
                });
            } catch (IOException | java.io.UncheckedIOException e) {
                throw new IllegalArgumentException(
                        "alignstream.tokenizer.cleaning.evaluation-files: " + file + " cannot be read: " + e, e);
            }
        }
        return texts.isEmpty() ? Decontamination.NONE : Decontamination.against(texts.stream());
    }

    private static JsonNode parse(Path file, String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "alignstream.tokenizer.cleaning.evaluation-files: " + file + " holds a line that is not JSON: "
                            + e.getOriginalMessage(),
                    e);
        }
    }

    /** Every string of a JSON document is a text: questions, answers, passages. */
    private static void addStrings(JsonNode node, List<String> texts) {
        if (node.isTextual()) {
            texts.add(node.textValue());
        } else {
            node.forEach(child -> addStrings(child, texts));
        }
    }
}
