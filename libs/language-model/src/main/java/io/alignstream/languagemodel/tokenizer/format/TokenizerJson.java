package io.alignstream.languagemodel.tokenizer.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.languagemodel.tokenizer.split.ByteLevelSplit;
import io.alignstream.languagemodel.tokenizer.split.HanSplit;
import io.alignstream.languagemodel.tokenizer.vocabulary.ControlToken;
import io.alignstream.languagemodel.tokenizer.vocabulary.Merges;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Writes {@code tokenizer.json} and {@code tokenizer_config.json} in the layout of Hugging Face's tokenizers. */
public final class TokenizerJson {

    private static final ObjectMapper JSON = new ObjectMapper();

    private TokenizerJson() {}

    /** The file of a trained tokenizer whose first ids are the control tokens. */
    public static byte[] write(List<String> names, List<Merges.Merge> merges, TokenizerFormat format) {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        for (ControlToken token : ControlToken.values()) {
            added.add(controlToken(names.indexOf(token.text()), token.text()));
        }
        if (format.normalises()) {
            root.putObject("normalizer").put("type", "NFC");
        } else {
            root.putNull("normalizer");
        }
        root.set("pre_tokenizer", preTokenizer(format));
        root.putNull("post_processor");
        root.set("decoder", format.byteLevel() ? byteLevel(true) : byteFallback());
        root.set("model", model(names, merges, format));
        return bytes(root);
    }

    /**
     * {@code tokenizer_config.json} of a tokenizer with these names of its control tokens and this chat template.
     *
     * @param mask name of the token that hides another; empty if there is none
     */
    public static byte[] writeConfig(
            Function<ControlToken, String> controlTokens, ChatConfig chat, Optional<String> mask) {
        ObjectNode root = JSON.createObjectNode();
        root.put("tokenizer_class", "PreTrainedTokenizerFast");
        for (String name : List.of("bos_token", "eos_token", "pad_token", "unk_token")) {
            root.put(name, chat.names().get(name));
        }
        ArrayNode more = root.putArray("additional_special_tokens");
        Arrays.stream(ControlToken.values())
                .map(controlTokens)
                .filter(token -> !chat.names().containsValue(token))
                .distinct()
                .forEach(more::add);
        root.put("clean_up_tokenization_spaces", false);
        root.put("add_bos_token", false);
        root.put("chat_template", chat.template());
        chat.names().forEach(root::put);
        mask.ifPresent(name -> {
            root.put("mask_token", name);
            // without the types of tokens, which a network that fills blanks has no use for
            root.putArray("model_input_names").add("input_ids").add("attention_mask");
        });
        return bytes(root);
    }

    /** An entry of {@code added_tokens}. */
    public static ObjectNode controlToken(int id, String text) {
        ObjectNode node = JSON.createObjectNode().put("id", id).put("content", text);
        node.put("single_word", false).put("lstrip", false).put("rstrip", false);
        return node.put("normalized", false).put("special", true);
    }

    /**
     * A {@code tokenizer.json} with a control token more that hides another one and the space before it.
     *
     * @param id the first one that is free
     * @throws IllegalArgumentException if {@code json} is no tokenizer.json
     */
    public static byte[] withMask(byte[] json, int id, String text) {
        try {
            ObjectNode root = (ObjectNode) JSON.readTree(json);
            root.withArray("added_tokens").add(controlToken(id, text).put("lstrip", true));
            return bytes(root);
        } catch (IOException | ClassCastException e) {
            throw new IllegalArgumentException("not a tokenizer.json: " + e.getMessage(), e);
        }
    }

    static byte[] bytes(ObjectNode root) {
        try {
            return JSON.writeValueAsBytes(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of strings and numbers can always be written", e);
        }
    }

    private static ObjectNode preTokenizer(TokenizerFormat format) {
        if (format == TokenizerFormat.GPT2) {
            return byteLevel(true);
        }
        String pattern = format.preTokenizer() instanceof ByteLevelSplit split ? split.pattern() : HanSplit.PATTERN;
        ObjectNode split = JSON.createObjectNode().put("type", "Split");
        split.putObject("pattern").put("Regex", pattern);
        split.put("behavior", "Isolated").put("invert", false);
        if (!format.byteLevel()) {
            return split;
        }
        ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
        sequence.putArray("pretokenizers").add(split).add(byteLevel(false));
        return sequence;
    }

    private static ObjectNode byteLevel(boolean regex) {
        return JSON.createObjectNode()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", regex);
    }

    private static ObjectNode byteFallback() {
        ObjectNode node = JSON.createObjectNode().put("type", "Sequence");
        ArrayNode decoders = node.putArray("decoders");
        decoders.addObject().put("type", "ByteFallback");
        decoders.addObject().put("type", "Fuse");
        return node;
    }

    private static ObjectNode model(List<String> names, List<Merges.Merge> merges, TokenizerFormat format) {
        ObjectNode model = JSON.createObjectNode().put("type", "BPE");
        model.putNull("dropout");
        model.putNull("unk_token");
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", false).put("byte_fallback", !format.byteLevel());
        model.put("ignore_merges", format.ignoresMerges());
        ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < names.size(); id++) {
            vocab.put(names.get(id), id);
        }
        ArrayNode pairs = model.putArray("merges");
        for (Merges.Merge merge : merges) {
            pairs.addArray().add(names.get(merge.left())).add(names.get(merge.right()));
        }
        return model;
    }
}
