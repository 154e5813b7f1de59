package io.alignstream.languagemodel.tokenizer.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a folder's {@code tokenizer_config.json}, and {@code chat_template.jinja} before it, say about conversations.
 * Immutable.
 *
 * @param template the chat template, Jinja
 * @param names texts of the tokens that a template can name, by the name: {@code bos_token}, {@code eos_token}, …
 */
public record ChatConfig(String template, SortedMap<String, String> names) {

    private static final String CONFIG = "tokenizer_config.json";
    private static final String TEMPLATE = "chat_template.jinja";
    private static final long MAX_BYTES = 64L << 20;
    private static final List<String> NAMES =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    private static final ObjectMapper JSON = new ObjectMapper();

    public ChatConfig {
        names = Collections.unmodifiableSortedMap(new TreeMap<>(names));
    }

    /**
     * Reads a folder; empty if it has no chat template.
     *
     * @throws IOException if a file is damaged
     */
    public static Optional<ChatConfig> read(Path folder) throws IOException {
        Path config = folder.resolve(CONFIG);
        Path template = folder.resolve(TEMPLATE);
        JsonNode json = Files.isRegularFile(config) ? json(config) : JSON.createObjectNode();
        SortedMap<String, String> names = new TreeMap<>();
        for (String name : NAMES) {
            JsonNode token = json.path(name);
            String text = token.isObject() ? token.path("content").asText() : token.isTextual() ? token.asText() : "";
            if (!text.isEmpty()) {
                names.put(name, text);
            }
        }
        return (Files.isRegularFile(template)
                        ? Optional.of(Files.readString(require(template)))
                        : template(json.path("chat_template")))
                .map(text -> new ChatConfig(text, names));
    }

    private static JsonNode json(Path file) throws IOException {
        try {
            return JSON.readTree(require(file).toFile());
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is not JSON", e);
        }
    }

    private static Path require(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(file + " has " + Files.size(file) + " bytes, the limit is " + MAX_BYTES);
        }
        return file;
    }

    /** Of several, the one that is called default. */
    private static Optional<String> template(JsonNode node) {
        if (node.isTextual()) {
            return Optional.of(node.asText());
        }
        for (JsonNode named : node) {
            if (named.path("name").asText().equals("default")) {
                return Optional.of(named.path("template").asText());
            }
        }
        return Optional.empty();
    }
}
