package io.alignstream.inference.openai.answer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.languagemodel.generation.SampledToken;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Tokens with their natural log probabilities, in both forms that the API has. */
final class LogProbabilities {

    private final Tokenizer tokenizer;

    LogProbabilities(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** A list of objects, as conversations have it. */
    ArrayNode list(List<SampledToken> tokens) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (SampledToken token : tokens) {
            ObjectNode json = entry(list.addObject(), token.id(), token.logProbability());
            ArrayNode top = json.putArray("top_logprobs");
            token.alternatives().forEach(other -> entry(top.addObject(), other.id(), other.logProbability()));
        }
        return list;
    }

    private ObjectNode entry(ObjectNode json, int id, double logProbability) {
        json.put("token", text(id)).put("logprob", finite(logProbability));
        ArrayNode bytes = json.putArray("bytes");
        for (byte one : tokenizer.bytes(id)) {
            bytes.add(one & 0xFF);
        }
        return json;
    }

    /**
     * Lists side by side, as plain texts have it.
     *
     * @param offset characters before the first token
     */
    ObjectNode columns(List<SampledToken> tokens, int offset) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode texts = json.putArray("tokens");
        ArrayNode probabilities = json.putArray("token_logprobs");
        ArrayNode top = json.putArray("top_logprobs");
        ArrayNode offsets = json.putArray("text_offset");
        int at = offset;
        for (SampledToken token : tokens) {
            texts.add(text(token.id()));
            probabilities.add(finite(token.logProbability()));
            ObjectNode alternatives = top.addObject();
            token.alternatives().forEach(other -> alternatives.put(text(other.id()), finite(other.logProbability())));
            offsets.add(at);
            at += text(token.id()).length();
        }
        return json;
    }

    private String text(int id) {
        return tokenizer.byteLength(id) == 0
                ? tokenizer.name(id)
                : new String(tokenizer.bytes(id), StandardCharsets.UTF_8);
    }

    /** JSON has no infinity; what cannot be is as good as never. */
    private static double finite(double logProbability) {
        return Math.max(logProbability, -9999);
    }
}
