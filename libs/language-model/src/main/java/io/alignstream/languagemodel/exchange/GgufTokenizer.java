package io.alignstream.languagemodel.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.tokenizer.split.ByteLevelSplit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Describes a tokenizer in a GGUF file, and reads such a description.
 *
 * <p>llama.cpp knows the pieces of byte-level tokenizers by name. Alignstream's own pieces it does not know: those
 * tokenizers go as sentence-piece ones with byte fallback, whose scores give the same merges but know no borders of
 * pieces, so that numbers of more than three digits and runs of blanks can be cut differently.
 */
final class GgufTokenizer {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int BYTE = 6;
    private static final char SPACE = '\u2581';

    /** Names that a chat template can use, and llama.cpp's keys of their ids. */
    private static final Map<String, String> NAMES = Map.of(
            "bos_token",
            "bos",
            "eos_token",
            "eos",
            "unk_token",
            "unknown",
            "sep_token",
            "seperator",
            "pad_token",
            "padding");

    private GgufTokenizer() {}

    static void describe(GgufWriter writer, Tokenizer tokenizer) throws IOException {
        JsonNode json = JSON.readTree(tokenizer.toJson());
        boolean byteLevel = !json.path("model").path("byte_fallback").asBoolean();
        Map<Integer, JsonNode> added = new HashMap<>();
        json.path("added_tokens").forEach(token -> added.put(token.path("id").asInt(), token));
        List<String> names = new ArrayList<>();
        int[] types = new int[tokenizer.vocabularySize()];
        for (int id = 0; id < types.length; id++) {
            JsonNode token = added.get(id);
            String name = tokenizer.name(id);
            types[id] = type(token, name, byteLevel);
            names.add(byteLevel || types[id] != NORMAL ? name : name.replace(' ', SPACE));
        }
        JsonNode merges = json.path("model").path("merges");
        if (byteLevel) {
            writer.put("tokenizer.ggml.model", "gpt2").put("tokenizer.ggml.pre", pieces(json.path("pre_tokenizer")));
            writer.putStrings("tokenizer.ggml.merges", merges(merges));
        } else {
            writer.put("tokenizer.ggml.model", "llama").put("tokenizer.ggml.pre", "default");
            writer.put("tokenizer.ggml.add_space_prefix", opensWithSpace(json));
            writer.put("tokenizer.ggml.remove_extra_whitespaces", false);
            writer.putFloats("tokenizer.ggml.scores", scores(names, merges));
            int unknown = names.indexOf(json.path("model").path("unk_token").asText());
            writer.put("tokenizer.ggml.unknown_token_id", unknown < 0 ? tokenizer.pad() : unknown);
        }
        ChatTemplate.named(tokenizer, "bos_token").ifPresent(bos -> writer.put("tokenizer.ggml.bos_token_id", bos));
        // Both end an answer; the first one is what a chat template names eos_token.
        int eos = ChatTemplate.named(tokenizer, "eos_token").orElse(tokenizer.endOfTurn());
        int eot = eos == tokenizer.endOfTurn() ? tokenizer.endOfDocument() : tokenizer.endOfTurn();
        writer.putStrings("tokenizer.ggml.tokens", names)
                .putIntegers("tokenizer.ggml.token_type", types)
                .put("tokenizer.ggml.eos_token_id", eos)
                .put("tokenizer.ggml.eot_token_id", eot)
                .put("tokenizer.ggml.padding_token_id", tokenizer.pad())
                .put("tokenizer.ggml.add_bos_token", false)
                .put("tokenizer.ggml.add_eos_token", false)
                .put("tokenizer.chat_template", ChatTemplate.jinja(tokenizer));
    }

    /**
     * The chat template of a file and what it names, as {@code tokenizer_config.json}, whatever kind of thing it is; empty if it
     * has none.
     */
    static Optional<ObjectNode> readChat(GgufFile gguf) {
        return Optional.ofNullable(gguf.metadata().get("tokenizer.chat_template"))
                .map(template -> {
                    List<String> tokens = gguf.list("tokenizer.ggml.tokens", String.class);
                    ObjectNode json = JSON.createObjectNode();
                    json.set("chat_template", JSON.valueToTree(template));
                    NAMES.forEach((name, key) -> gguf.number("tokenizer.ggml." + key + "_token_id")
                            .filter(id -> id.longValue() >= 0 && id.longValue() < tokens.size())
                            .ifPresent(id -> json.put(name, tokens.get(id.intValue()))));
                    return json;
                });
    }

    private static int type(@Nullable JsonNode added, String name, boolean byteLevel) {
        if (added != null) {
            return added.path("special").asBoolean() ? CONTROL : USER_DEFINED;
        }
        return !byteLevel && name.matches("<0x[0-9A-F]{2}>") ? BYTE : NORMAL;
    }

    /** Each merge as two tokens with a blank between. */
    private static List<String> merges(JsonNode array) {
        List<String> merges = new ArrayList<>(array.size());
        for (JsonNode pair : array) {
            merges.add(
                    pair.isTextual()
                            ? pair.asText()
                            : pair.get(0).asText() + " " + pair.get(1).asText());
        }
        return merges;
    }

    /** Whether a text gets a space in front; llama.cpp then puts one behind every control token, too. */
    private static boolean opensWithSpace(JsonNode json) {
        JsonNode cutting = json.path("pre_tokenizer");
        return cutting.path("type").asText().equals("Metaspace")
                ? !cutting.path("prepend_scheme").asText().equals("never")
                : json.path("normalizer").findValuesAsText("type").contains("Prepend");
    }

    /** Minus the rank of the merge that makes a token: the sentence-piece algorithm merges the highest score first. */
    private static float[] scores(List<String> names, JsonNode merges) {
        Map<String, Integer> ranks = new HashMap<>();
        for (JsonNode pair : merges) {
            String merged = pair.isTextual()
                    ? pair.asText().replace(" ", "")
                    : pair.path(0).asText() + pair.path(1).asText();
            ranks.putIfAbsent(merged.replace(' ', SPACE), ranks.size());
        }
        float[] scores = new float[names.size()];
        for (int id = 0; id < scores.length; id++) {
            scores[id] = -ranks.getOrDefault(names.get(id), merges.size());
        }
        return scores;
    }

    /** llama.cpp's name of how a byte-level tokenizer cuts text into pieces. */
    private static String pieces(JsonNode preTokenizer) throws IOException {
        Set<String> patterns = new HashSet<>();
        preTokenizer.findValues("Regex").forEach(pattern -> patterns.add(pattern.asText()));
        if (patterns.isEmpty()) {
            return "gpt-2";
        }
        String pattern = patterns.iterator().next();
        if (patterns.size() == 1 && pattern.equals(ByteLevelSplit.O200K.pattern())) {
            return "gpt-4o";
        }
        if (patterns.size() == 1 && pattern.contains("\\p{N}{1,3}")) {
            return "llama-bpe";
        }
        if (patterns.size() == 1 && pattern.contains("|\\p{N}|")) {
            return "qwen2";
        }
        throw new IOException("llama.cpp has no name for these pieces of text: " + Arrays.toString(patterns.toArray()));
    }

    /**
     * The {@code tokenizer.json} of the tokenizer that a file describes.
     *
     * @throws IOException if it is of another kind, or cuts text in a way that is not known
     */
    static ObjectNode read(String file, GgufFile gguf) throws IOException {
        String model = gguf.text("tokenizer.ggml.model").orElse("");
        List<String> tokens = gguf.list("tokenizer.ggml.tokens", String.class);
        List<Long> types = gguf.list("tokenizer.ggml.token_type", Long.class);
        if (tokens.isEmpty() || types.size() != tokens.size()) {
            throw new IOException(
                    file + " has " + tokens.size() + " tokens with " + types.size() + " types; each needs one");
        }
        ObjectNode json = JSON.createObjectNode();
        json.put("version", "1.0").putNull("truncation").putNull("padding").putNull("post_processor");
        ArrayNode added = json.putArray("added_tokens");
        ObjectNode bpe = json.putObject("model").put("type", "BPE").putNull("dropout");
        ObjectNode vocabulary = bpe.putObject("vocab");
        for (int id = 0; id < tokens.size(); id++) {
            long type = types.get(id);
            boolean control = type == CONTROL || type == UNKNOWN;
            if (control || type == USER_DEFINED) {
                added.addObject()
                        .put("id", id)
                        .put("content", tokens.get(id))
                        .put("single_word", false)
                        .put("lstrip", false)
                        .put("rstrip", false)
                        .put("normalized", false)
                        .put("special", control);
            }
            if (control || type == USER_DEFINED || type == NORMAL || type == BYTE) {
                // Added tokens, too: Hugging Face's library gives those that the vocabulary has not other ids.
                vocabulary.put(tokens.get(id), id);
            }
        }
        switch (model) {
            case "gpt2" -> readByteLevel(file, gguf, json);
            case "llama" -> readSentencePiece(file, gguf, json);
            default ->
                throw new IOException(file + " has a tokenizer of the kind '" + model
                        + "'; read are byte-level ones (gpt2) and those of SentencePiece with scores (llama)");
        }
        return json;
    }

    private static void readByteLevel(String file, GgufFile gguf, ObjectNode json) throws IOException {
        List<String> merges = gguf.list("tokenizer.ggml.merges", String.class);
        if (merges.isEmpty()) {
            throw new IOException(file + " has no merges; this is no byte-level tokenizer");
        }
        String pieces = gguf.text("tokenizer.ggml.pre").orElse("");
        json.set("normalizer", pieces.equals("qwen2") ? JSON.createObjectNode().put("type", "NFC") : null);
        json.set("pre_tokenizer", preTokenizer(file, pieces));
        json.set("decoder", byteLevel(true));
        ObjectNode bpe = (ObjectNode) json.path("model");
        bpe.putNull("unk_token").put("byte_fallback", false).put("ignore_merges", pieces.equals("llama-bpe"));
        merges.forEach(bpe.putArray("merges")::add);
    }

    private static void readSentencePiece(String file, GgufFile gguf, ObjectNode json) throws IOException {
        List<String> tokens = gguf.list("tokenizer.ggml.tokens", String.class);
        List<Long> types = gguf.list("tokenizer.ggml.token_type", Long.class);
        List<Double> scores = gguf.list("tokenizer.ggml.scores", Double.class);
        Map<String, Integer> ordinary = new HashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            if (types.get(id) == NORMAL) {
                ordinary.put(tokens.get(id), id);
            }
        }
        if (scores.size() != tokens.size()
                || ordinary.values().stream().map(scores::get).distinct().count() < 2) {
            throw new IOException(file + " has no scores that say which tokens are made first; import the Hugging Face"
                    + " directory of the model, whose tokenizer.json has merges");
        }
        boolean prepends = gguf.flag("tokenizer.ggml.add_space_prefix").orElse(true);
        String space = String.valueOf(SPACE);
        ArrayNode normalizers =
                json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
        if (prepends) {
            normalizers.addObject().put("type", "Prepend").put("prepend", space);
        }
        normalizers.add(replace(" ", space));
        json.putNull("pre_tokenizer");
        ArrayNode decoders = json.putObject("decoder").put("type", "Sequence").putArray("decoders");
        decoders.add(replace(space, " "));
        decoders.addObject().put("type", "ByteFallback");
        decoders.addObject().put("type", "Fuse");
        if (prepends) {
            decoders.addObject()
                    .put("type", "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0);
        }
        ObjectNode bpe = (ObjectNode) json.path("model");
        gguf.number("tokenizer.ggml.unknown_token_id")
                .filter(id -> id.longValue() >= 0 && id.longValue() < tokens.size())
                .ifPresent(id -> bpe.put("unk_token", tokens.get(id.intValue())));
        bpe.put("fuse_unk", true).put("byte_fallback", true).put("ignore_merges", false);
        ScoredMerges.of(ordinary, scores).forEach(bpe.putArray("merges")::add);
    }

    private static ObjectNode replace(String what, String by) {
        ObjectNode step = JSON.createObjectNode().put("type", "Replace").put("content", by);
        step.putObject("pattern").put("String", what);
        return step;
    }

    /** How llama.cpp cuts text into pieces under this name. */
    private static ObjectNode preTokenizer(String file, String pieces) throws IOException {
        ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
        ArrayNode steps = sequence.putArray("pretokenizers");
        boolean cutsItself = false;
        switch (pieces) {
            case "gpt-2", "gpt2" -> cutsItself = true;
            case "smollm", "starcoder", "refact", "command-r" -> {
                steps.addObject().put("type", "Digits").put("individual_digits", true);
                cutsItself = true;
            }
            case "llama-bpe", "llama3", "llama-v3" -> split(steps, ByteLevelSplit.LLAMA3);
            case "qwen2" -> split(steps, ByteLevelSplit.QWEN2);
            case "gpt-4o" -> split(steps, ByteLevelSplit.O200K);
            default ->
                throw new IOException(file + " cuts text into pieces as '" + pieces
                        + "'; known are gpt-2, smollm, starcoder, llama-bpe, qwen2 and gpt-4o. Import the Hugging Face"
                        + " directory of the model, whose tokenizer.json says how");
        }
        steps.add(byteLevel(cutsItself));
        return sequence;
    }

    /** With all that other readers of a {@code tokenizer.json} want to see. */
    private static ObjectNode byteLevel(boolean cuts) {
        return JSON.createObjectNode()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", cuts);
    }

    private static void split(ArrayNode steps, ByteLevelSplit split) {
        ObjectNode step = steps.addObject().put("type", "Split");
        step.putObject("pattern").put("Regex", split.pattern());
        step.put("behavior", "Isolated").put("invert", false);
    }
}
