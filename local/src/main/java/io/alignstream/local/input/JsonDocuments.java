package io.alignstream.local.input;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Document;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputJson;
import io.alignstream.local.input.file.LineReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** JSON lines, a document each: {@code text}, and {@code id}, {@code source}, {@code labels} if there are. */
record JsonDocuments() implements DocumentFormat {

    @Override
    public void read(DocumentFile file, Consumer<Document> documents) {
        try (LineReader lines = file.lines()) {
            String line;
            while ((line = lines.next()) != null) {
                if (!line.isBlank()) {
                    documents(new Line(file.path(), lines.lineNumber(), line), file.source())
                            .forEach(documents);
                }
            }
        }
    }

    private static List<Document> documents(Line line, String usualSource) {
        ObjectNode json = InputJson.object(line.file(), line.number(), line.text());
        String text = line.string(json, "text");
        if (text == null) {
            throw line.refused("field text is missing; write {\"text\": \"...\"}");
        }
        String source = line.string(json, "source");
        try {
            return new RawText(line.string(json, "id"), text, source == null ? usualSource : source, line.labels(json))
                    .documents();
        } catch (IllegalArgumentException e) {
            throw line.refused(String.valueOf(e.getMessage()));
        }
    }

    /** A line and where it stands. */
    private record Line(Path file, long number, String text) {

        @Nullable
        String string(ObjectNode json, String field) {
            JsonNode value = json.get(field);
            if (value == null || value.isNull()) {
                return null;
            }
            if (!value.isTextual()) {
                throw refused("field " + field + " must be a text but is " + InputJson.shown(value));
            }
            return value.textValue();
        }

        Map<String, String> labels(ObjectNode json) {
            JsonNode value = json.get("labels");
            if (value == null || value.isNull()) {
                return Map.of();
            }
            if (!value.isObject()) {
                throw refused("field labels must be an object but is " + InputJson.shown(value));
            }
            Map<String, String> labels = new HashMap<>();
            value.properties().forEach(entry -> {
                if (!entry.getValue().isTextual()) {
                    throw refused("field labels." + entry.getKey() + " must be a text but is "
                            + InputJson.shown(entry.getValue()));
                }
                labels.put(entry.getKey(), entry.getValue().textValue());
            });
            return labels;
        }

        InputException refused(String why) {
            return new InputException(file, number, why);
        }
    }
}
