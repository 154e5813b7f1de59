package io.alignstream.languagemodel.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Describes a tokenizer in a GGUF file.
 *
 * <p>llama.cpp knows the pieces of byte-level tokenizers by name. Alignstream's own pieces it does not know: those
 * tokenizers go as sentence-piece ones with byte fallback, whose scores give the same merges but know no borders of
 * pieces, so that numbers of more than three digits and runs of blanks can be cut differently.
 */
final class GgufTokenizer {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int NORMAL = 1;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int BYTE = 6;

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
            names.add(byteLevel || types[id] != NORMAL ? name : name.replace(' ', '\u2581'));
        }
        JsonNode merges = json.path("model").path("merges");
        if (byteLevel) {
            writer.put("tokenizer.ggml.model", "gpt2").put("tokenizer.ggml.pre", pieces(json.path("pre_tokenizer")));
            writer.putStrings("tokenizer.ggml.merges", merges(merges));
        } else {
            writer.put("tokenizer.ggml.model", "llama").put("tokenizer.ggml.pre", "default");
            writer.put("tokenizer.ggml.add_space_prefix", false).put("tokenizer.ggml.remove_extra_whitespaces", false);
            writer.putFloats("tokenizer.ggml.scores", scores(tokenizer, merges));
            writer.put("tokenizer.ggml.unknown_token_id", tokenizer.pad());
        }
        writer.putStrings("tokenizer.ggml.tokens", names)
                .putIntegers("tokenizer.ggml.token_type", types)
                .put("tokenizer.ggml.eos_token_id", tokenizer.endOfTurn())
                .put("tokenizer.ggml.eot_token_id", tokenizer.endOfDocument()) // ends an answer as well
                .put("tokenizer.ggml.padding_token_id", tokenizer.pad())
                .put("tokenizer.ggml.add_bos_token", false)
                .put("tokenizer.ggml.add_eos_token", false)
                .put("tokenizer.chat_template", ChatTemplate.jinja(tokenizer));
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

    /** Minus the rank of the merge that makes a token: the sentence-piece algorithm merges the highest score first. */
    private static float[] scores(Tokenizer tokenizer, JsonNode merges) {
        Map<String, Integer> ranks = new HashMap<>();
        for (JsonNode pair : merges) {
            ranks.putIfAbsent(pair.path(0).asText() + pair.path(1).asText(), ranks.size());
        }
        float[] scores = new float[tokenizer.vocabularySize()];
        for (int id = 0; id < scores.length; id++) {
            scores[id] = -ranks.getOrDefault(tokenizer.name(id), merges.size());
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
        if (patterns.size() == 1 && pattern.contains("\\p{N}{1,3}")) {
            return "llama-bpe";
        }
        if (patterns.size() == 1 && pattern.contains("|\\p{N}|")) {
            return "qwen2";
        }
        throw new IOException("llama.cpp has no name for these pieces of text: " + Arrays.toString(patterns.toArray()));
    }
}
