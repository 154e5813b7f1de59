package io.alignstream.local.input;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputJson;
import io.alignstream.local.input.file.LineReader;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON lines, a document each: {@code text}, and {@code id}, {@code source}, {@code url}, {@code labels} if there are. */
record JsonDocuments() implements DocumentFormat {

    @Override
    public void read(DocumentFile file, Elements elements) {
        try (LineReader lines = file.lines()) {
            String line;
            while ((line = lines.next(elements::setAside)) != null) {
                if (!line.isBlank()) {
                    try {
                        element(file, lines.lineNumber(), line, elements);
                    } catch (InputException e) {
                        elements.setAside(e);
                    }
                }
            }
        }
    }

    private static void element(DocumentFile file, long number, String line, Elements elements) {
        ObjectNode json = InputJson.object(file.path(), number, line);
        JsonNode text = json.get("text");
        if (text == null) {
            throw new InputException(file.path(), number, "field text is missing; write {\"text\": \"...\"}");
        }
        if (text.isNull()) {
            elements.passOver(InputReport.PassedOver.NO_TEXT);
            return;
        }
        if (!text.isTextual()) {
            throw new InputException(file.path(), number, "field text must be a text but is " + InputJson.shown(text));
        }
        JsonNode id = json.path("id");
        if (id.isContainerNode() || id.isFloatingPointNumber()) {
            throw new InputException(
                    file.path(), number, "field id must be a text or a whole number but is " + InputJson.shown(id));
        }
        String source = said(json.path("source"));
        elements.take(new RawText(said(id), text.textValue(), source == null ? file.source() : source, labels(json)));
    }

    /** A text or a number as text; null if it is neither, or blank. */
    private static @Nullable String said(JsonNode value) {
        return value.isValueNode() && !value.isNull() && !value.asText().isBlank() ? value.asText() : null;
    }

    /** Others write other things under this name: what are no short texts is left out. */
    private static Map<String, String> labels(ObjectNode json) {
        Map<String, String> labels = new HashMap<>();
        String address = said(json.path("url"));
        if (address != null) {
            labels.put("url", address);
        }
        json.path("labels").properties().forEach(entry -> {
            String value = said(entry.getValue());
            if (value != null) {
                labels.put(entry.getKey(), value);
            }
        });
        return labels;
    }
}
