package io.alignstream.inference.openai;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.ResponseId;
import io.alignstream.inference.generation.Generation;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The JSON of one completion and of its chunks; for one thread. */
final class CompletionJson {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final String id;
    private final long created = Instant.now().getEpochSecond();
    private final LoadedModel model;
    private final int promptTokens;
    private final boolean includeUsage;

    CompletionJson(Generation generation, boolean includeUsage) {
        this.model = generation.model();
        this.id = ResponseId.next(model.sha256());
        this.promptTokens = generation.promptTokens();
        this.includeUsage = includeUsage;
    }

    /** Id of the response, for feedback on it and its lineage. */
    String id() {
        return id;
    }

    /** The whole answer at once. */
    ObjectNode completion(ChatCompletionsResource.Answered answered) {
        Generation.End end = answered.end();
        ObjectNode json = head("chat.completion");
        ObjectNode choice = json.putArray("choices").addObject();
        choice.put("index", 0);
        choice.putObject("message")
                .put("role", "assistant")
                .put("content", end.text())
                .putNull("refusal");
        choice.putNull("logprobs");
        choice.put("finish_reason", finishReason(end.reason()));
        json.set("usage", usage(end.tokens()));
        answered.receipt().ifPresent(receipt -> json.put("receipt", receipt));
        return json;
    }

    /** The first chunk, which names the role. */
    ObjectNode opening() {
        return chunk(JSON.objectNode().put("role", "assistant").put("content", ""), null);
    }

    /** The next piece of the answer. */
    ObjectNode piece(String text) {
        return chunk(JSON.objectNode().put("content", text), null);
    }

    /** The chunk that says why the answer ended. */
    ObjectNode closing(ChatCompletionsResource.Answered answered) {
        ObjectNode json = chunk(JSON.objectNode(), finishReason(answered.end().reason()));
        answered.receipt().ifPresent(receipt -> json.put("receipt", receipt));
        return json;
    }

    /** The last chunk of a stream whose client wants the figures. */
    ObjectNode figures(int tokens) {
        ObjectNode json = head("chat.completion.chunk");
        json.putArray("choices");
        json.set("usage", usage(tokens));
        return json;
    }

    private ObjectNode chunk(ObjectNode delta, @Nullable String finishReason) {
        ObjectNode json = head("chat.completion.chunk");
        ObjectNode choice = json.putArray("choices").addObject();
        choice.put("index", 0);
        choice.set("delta", delta);
        choice.putNull("logprobs");
        choice.put("finish_reason", finishReason);
        if (includeUsage) {
            json.putNull("usage");
        }
        return json;
    }

    private ObjectNode head(String object) {
        return JSON.objectNode()
                .put("id", id)
                .put("object", object)
                .put("created", created)
                .put("model", model.release().model())
                .put("system_fingerprint", model.sha256().substring(0, 12));
    }

    private ObjectNode usage(int tokens) {
        return JSON.objectNode()
                .put("prompt_tokens", promptTokens)
                .put("completion_tokens", tokens)
                .put("total_tokens", promptTokens + tokens);
    }

    private static String finishReason(Generation.Reason reason) {
        return reason == Generation.Reason.LENGTH ? "length" : "stop";
    }
}
