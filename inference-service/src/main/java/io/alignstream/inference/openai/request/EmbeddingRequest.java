package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.node.TextNode;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A request for vectors, checked.
 *
 * @param model the model's name; empty for the served one
 * @param texts at most {@value #MAX_TEXTS}
 * @param base64 whether the numbers are sent as bytes
 */
public record EmbeddingRequest(String model, List<TextInput> texts, boolean base64) {

    private static final int MAX_TEXTS = 2_048;
    static final Set<String> FIELDS = Set.of("model", "input", "encoding_format");

    public EmbeddingRequest {
        texts = List.copyOf(texts);
    }

    /** Reads and checks the body of a request. */
    public static EmbeddingRequest parse(byte[] json) {
        Body body = Body.of(json);
        Fields.refuseOthers(body, FIELDS);
        String format = body.text("encoding_format").orElse("float");
        if (!format.equals("float") && !format.equals("base64")) {
            throw Body.wrong("encoding_format", TextNode.valueOf(format), Reason.of("api.mustBeFloatOrBase64"));
        }
        return new EmbeddingRequest(
                body.text("model").orElse(""),
                TextInput.list(
                        "input", body.field("input").orElseThrow(() -> ApiException.missing("input")), MAX_TEXTS),
                format.equals("base64"));
    }

    /** The ids of each text, which says something and fits the model. */
    public List<int[]> ids(Tokenizer tokenizer, ContextWindow window) {
        List<int[]> ids = new ArrayList<>();
        for (TextInput text : texts) {
            int[] one = text.ids(tokenizer, window);
            if (one.length == 0) {
                throw Body.wrong(text.field(), TextNode.valueOf(text.text()), Reason.of("api.mustNotBeBlank"));
            }
            window.requireRoom(text.field(), one.length - 1);
            ids.add(one);
        }
        return ids;
    }
}
