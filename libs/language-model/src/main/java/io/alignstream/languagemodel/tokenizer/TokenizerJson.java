package io.alignstream.languagemodel.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * {@code tokenizer.json} and {@code tokenizer_config.json} in the layout of Hugging Face's tokenizers.
 *
 * <p>Reading accepts what this package implements and refuses the rest: another pre-tokenizer or a normalizer would
 * silently make other ids.
 */
final class TokenizerJson {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a file describes. */
    record Content(Vocabulary vocabulary, Merges merges) {}

    private TokenizerJson() {}

    static byte[] write(Vocabulary vocabulary, Merges merges) {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        for (ControlToken token : ControlToken.values()) {
            ObjectNode node = added.addObject().put("id", vocabulary.id(token)).put("content", token.text());
            node.put("single_word", false).put("lstrip", false).put("rstrip", false);
            node.put("normalized", false).put("special", true);
        }
        root.putNull("normalizer");
        root.set("pre_tokenizer", preTokenizer());
        root.putNull("post_processor");
        root.set("decoder", decoder());
        root.set("model", model(vocabulary, merges));
        return bytes(root);
    }

    /** {@code tokenizer_config.json}; the same for every tokenizer. */
    static byte[] writeConfig() {
        ObjectNode root = JSON.createObjectNode();
        root.put("tokenizer_class", "PreTrainedTokenizerFast");
        root.putNull("bos_token");
        root.put("eos_token", ControlToken.END_OF_TURN.text());
        root.put("pad_token", ControlToken.PAD.text());
        root.putNull("unk_token");
        ArrayNode more = root.putArray("additional_special_tokens");
        for (ControlToken token : ControlToken.values()) {
            if (token != ControlToken.END_OF_TURN && token != ControlToken.PAD) {
                more.add(token.text());
            }
        }
        root.put("clean_up_tokenization_spaces", false);
        root.put("add_bos_token", false);
        root.put("chat_template", ChatTemplate.JINJA);
        return bytes(root);
    }

    static Content read(byte[] json) {
        try {
            return read(JSON.readTree(json));
        } catch (IOException e) {
            throw new IllegalArgumentException("not a tokenizer.json: " + e.getMessage(), e);
        }
    }

    private static Content read(JsonNode root) {
        require(!root.hasNonNull("normalizer"), "a normalizer is not supported");
        require(
                root.path("pre_tokenizer").equals(preTokenizer()),
                "the pre-tokenizer is not the one of Alignstream: " + root.path("pre_tokenizer"));
        JsonNode model = root.path("model");
        require(
                model.path("type").asText().equals("BPE")
                        && model.path("byte_fallback").asBoolean(),
                "the model must be BPE with byte_fallback");
        require(!model.path("ignore_merges").asBoolean(), "ignore_merges is not supported");
        Vocabulary vocabulary = new Vocabulary(names(model.path("vocab")));
        for (JsonNode added : root.path("added_tokens")) {
            int id = vocabulary.require(added.path("content").asText());
            require(id == added.path("id").asInt(-1), "added token and vocabulary disagree: " + added);
        }
        return new Content(vocabulary, new Merges(merges(model.path("merges"), vocabulary)));
    }

    private static List<String> names(JsonNode vocab) {
        int size = vocab.size();
        require(
                size <= Vocabulary.MAX_SIZE,
                "the vocabulary has " + size + " tokens, the limit is " + Vocabulary.MAX_SIZE);
        String[] names = new String[size];
        for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
            int id = entry.getValue().asInt(-1);
            require(
                    id >= 0 && id < size && names[id] == null,
                    "ids must be 0 to " + (size - 1) + ", each once, but '" + entry.getKey() + "' has "
                            + entry.getValue());
            names[id] = entry.getKey();
        }
        return Arrays.asList(names);
    }

    private static List<Merges.Merge> merges(JsonNode array, Vocabulary vocabulary) {
        List<Merges.Merge> merges = new ArrayList<>(array.size());
        for (JsonNode pair : array) {
            require(pair.isArray() && pair.size() == 2, "a merge must be an array of two tokens but is " + pair);
            String left = pair.get(0).asText();
            String right = pair.get(1).asText();
            merges.add(new Merges.Merge(
                    vocabulary.require(left), vocabulary.require(right), vocabulary.require(left + right)));
        }
        return Collections.unmodifiableList(merges);
    }

    private static ObjectNode preTokenizer() {
        ObjectNode node = JSON.createObjectNode().put("type", "Split");
        node.putObject("pattern").put("Regex", PreTokenizer.PATTERN);
        return node.put("behavior", "Isolated").put("invert", false);
    }

    private static ObjectNode decoder() {
        ObjectNode node = JSON.createObjectNode().put("type", "Sequence");
        ArrayNode decoders = node.putArray("decoders");
        decoders.addObject().put("type", "ByteFallback");
        decoders.addObject().put("type", "Fuse");
        return node;
    }

    private static ObjectNode model(Vocabulary vocabulary, Merges merges) {
        ObjectNode model = JSON.createObjectNode().put("type", "BPE");
        model.putNull("dropout");
        model.putNull("unk_token");
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", false).put("byte_fallback", true).put("ignore_merges", false);
        ObjectNode vocab = model.putObject("vocab");
        List<String> names = vocabulary.names();
        for (int id = 0; id < names.size(); id++) {
            vocab.put(names.get(id), id);
        }
        ArrayNode pairs = model.putArray("merges");
        for (Merges.Merge merge : merges.list()) {
            pairs.addArray().add(names.get(merge.left())).add(names.get(merge.right()));
        }
        return model;
    }

    private static byte[] bytes(ObjectNode root) {
        try {
            return JSON.writeValueAsBytes(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of strings and numbers can always be written", e);
        }
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
