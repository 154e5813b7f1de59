package io.alignstream.inference.openai.answer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.ResponseId;
import java.time.Instant;
import java.util.List;

/** What all JSON of one response begins with: which response it is and which model wrote it. */
final class Head {

    static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final String id;
    private final long created = Instant.now().getEpochSecond();
    private final LoadedModel model;
    private final int promptTokens;

    Head(ResponseId.Kind kind, LoadedModel model, int promptTokens) {
        this.id = ResponseId.next(kind, model.sha256());
        this.model = model;
        this.promptTokens = promptTokens;
    }

    String id() {
        return id;
    }

    long created() {
        return created;
    }

    String model() {
        return model.release().model();
    }

    ObjectNode of(String object) {
        return JSON.objectNode()
                .put("id", id)
                .put("object", object)
                .put("created", created)
                .put("model", model())
                .put("system_fingerprint", model.sha256().substring(0, 12));
    }

    /** With the whole hash of the model's checkpoint and the run that made it. */
    ObjectNode signed(ObjectNode json) {
        return json.put("sha256", model.sha256()).put("run", model.release().run());
    }

    int promptTokens() {
        return promptTokens;
    }

    static int tokens(List<Answered> answers) {
        return answers.stream().mapToInt(answered -> answered.end().tokens()).sum();
    }

    ObjectNode usage(List<Answered> answers) {
        int tokens = tokens(answers);
        return JSON.objectNode()
                .put("prompt_tokens", promptTokens)
                .put("completion_tokens", tokens)
                .put("total_tokens", promptTokens + tokens);
    }
}
