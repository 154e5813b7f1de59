package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A request for tokens, or for the text of some, checked.
 *
 * @param model the model's name; empty for the served one
 * @param text what is asked about, where that is no conversation
 * @param conversation what is asked about, as the model gets it with the beginning of its answer
 */
public record TokenizeRequest(String model, Optional<TextInput> text, Optional<Conversation> conversation) {

    static final Set<String> FIELDS = Set.of("model", "prompt", "messages", "return_token_strs");
    static final Set<String> BACK = Set.of("model", "tokens");

    /** Reads and checks the body of {@code /tokenize}. */
    public static TokenizeRequest tokenize(byte[] json) {
        Body body = Body.of(json);
        Fields.refuseOthers(body, FIELDS);
        Optional<Conversation> conversation = body.field("messages").map(list -> Conversation.of("messages", list));
        Optional<TextInput> text = body.text("prompt").map(prompt -> new TextInput("prompt", prompt, List.of()));
        if (conversation.isEmpty() && text.isEmpty()) {
            throw ApiException.missing("prompt");
        }
        return new TokenizeRequest(body.text("model").orElse(""), text, conversation);
    }

    /** Reads and checks the body of {@code /detokenize}. */
    public static TokenizeRequest detokenize(byte[] json) {
        Body body = Body.of(json);
        Fields.refuseOthers(body, BACK);
        JsonNode tokens = body.field("tokens").orElseThrow(() -> ApiException.missing("tokens"));
        boolean ids = tokens.isArray() && (tokens.isEmpty() || tokens.get(0).isIntegralNumber());
        if (!ids) {
            throw Body.wrong("tokens", tokens, Reason.of("api.mustBeTokens"));
        }
        TextInput text = tokens.isEmpty()
                ? new TextInput("tokens", "", List.of())
                : TextInput.list("tokens", tokens, 1).getFirst();
        return new TokenizeRequest(body.text("model").orElse(""), Optional.of(text), Optional.empty());
    }

    /** The ids of what is asked about. */
    public int[] ids(Tokenizer tokenizer, ContextWindow window) {
        return text.map(one -> one.ids(tokenizer, window))
                .or(() -> conversation.map(one -> one.prompt("messages", tokenizer, window)))
                .orElseGet(() -> new int[0]);
    }
}
