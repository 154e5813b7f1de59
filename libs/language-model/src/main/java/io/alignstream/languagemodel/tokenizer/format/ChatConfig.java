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
    private static final String FIELD = "chat_template";
    private static final String DEFAULT = "default";
    private static final long MAX_BYTES = 64L << 20;
    private static final int MOST_SHOWN = 80;
    private static final List<String> NAMES =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    private static final ObjectMapper JSON = new ObjectMapper();

    public ChatConfig {
        names = Collections.unmodifiableSortedMap(new TreeMap<>(names));
    }

    /**
     * Reads a folder; empty if it has no chat template.
     *
     * @throws IOException if a file is damaged, or says something else than a template or a token's text
     */
    public static Optional<ChatConfig> read(Path folder) throws IOException {
        Path config = folder.resolve(CONFIG);
        Path template = folder.resolve(TEMPLATE);
        JsonNode json = Files.isRegularFile(config) ? json(config) : JSON.createObjectNode();
        SortedMap<String, String> names = new TreeMap<>();
        for (String name : NAMES) {
            String text = text(config, name, json.path(name));
            if (!text.isEmpty()) {
                names.put(name, text);
            }
        }
        return (Files.isRegularFile(template)
                        ? Optional.of(Files.readString(require(template)))
                        : template(config, json.path(FIELD)))
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

    /** A token's text; empty if there is none. */
    private static String text(Path config, String name, JsonNode token) throws IOException {
        JsonNode text = token.isObject() ? token.path("content") : token;
        if (!text.isTextual() && !token.isMissingNode() && !token.isNull()) {
            throw new IOException(
                    config + ": " + name + " is " + token + " but must be a text, or an object with content");
        }
        return text.asText("");
    }

    /** Of several, the one that is called default. */
    private static Optional<String> template(Path config, JsonNode node) throws IOException {
        if (node.isTextual()) {
            return Optional.of(node.asText());
        }
        if (node.isMissingNode() || node.isNull()) {
            return Optional.empty();
        }
        SortedMap<String, String> named = new TreeMap<>();
        for (JsonNode each : node) {
            if (node.isArray()
                    && each.path("name").isTextual()
                    && each.path("template").isTextual()) {
                named.put(each.path("name").asText(), each.path("template").asText());
            }
        }
        if (!node.isArray() || named.size() < node.size()) {
            throw new IOException(
                    config + ": chat_template is " + shown(node)
                            + " but must be a Jinja template as text, or a list of {\"name\": ..., \"template\": ...}, each name once");
        }
        String template = named.get(DEFAULT);
        if (template == null && !named.isEmpty()) {
            throw new IOException(config + ": of the templates in chat_template (" + String.join(", ", named.keySet())
                    + ") none is called default; call the one so that lays out conversations");
        }
        return Optional.ofNullable(template);
    }

    private static String shown(JsonNode node) {
        String json = node.toString();
        return json.length() <= MOST_SHOWN ? json : json.substring(0, MOST_SHOWN) + "…";
    }
}
