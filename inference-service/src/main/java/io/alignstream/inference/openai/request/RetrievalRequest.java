package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.messages.Reason;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * That an answer is to be grounded in passages of documents: the field {@code retrieval}, which is none of OpenAI's.
 *
 * @param passages how many at most; the service decides if the client does not
 * @param minimumSimilarity of a passage to the question, as a cosine; the service decides if the client does not
 */
public record RetrievalRequest(OptionalInt passages, OptionalDouble minimumSimilarity) {

    static final String FIELD = "retrieval";
    public static final int MOST_PASSAGES = 20;
    private static final String PASSAGES = "passages";
    private static final String MINIMUM = "minimum_similarity";

    /** What {@code body} asks for: {@code true}, an object, or nothing. */
    static Optional<RetrievalRequest> of(Body body) {
        Optional<JsonNode> field = body.field(FIELD);
        if (field.isEmpty() || field.get().isBoolean()) {
            return field.filter(JsonNode::booleanValue)
                    .map(on -> new RetrievalRequest(OptionalInt.empty(), OptionalDouble.empty()));
        }
        JsonNode object = field.get();
        if (!object.isObject()) {
            throw Body.wrong(FIELD, object, Reason.of("api.mustBeRetrieval"));
        }
        object.fieldNames().forEachRemaining(name -> {
            if (!Set.of(PASSAGES, MINIMUM).contains(name)) {
                throw ApiException.unsupported(FIELD + "." + name);
            }
        });
        return Optional.of(new RetrievalRequest(
                passages(FIELD + "." + PASSAGES, object.path(PASSAGES)),
                similarity(FIELD + "." + MINIMUM, object.path(MINIMUM))));
    }

    static OptionalInt passages(String path, JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return OptionalInt.empty();
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.intValue() < 1
                || value.intValue() > MOST_PASSAGES) {
            throw Body.wrong(
                    path,
                    value,
                    Reason.of("api.mustBeIntegerFrom")
                            .with("least", "1")
                            .with("most", Integer.toString(MOST_PASSAGES)));
        }
        return OptionalInt.of(value.intValue());
    }

    static OptionalDouble similarity(String path, JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return OptionalDouble.empty();
        }
        if (!value.isNumber() || value.doubleValue() < 0 || value.doubleValue() > 1) {
            throw Body.wrong(
                    path,
                    value,
                    Reason.of("api.mustBeNumber").with("least", "0").with("most", "1"));
        }
        return OptionalDouble.of(value.doubleValue());
    }
}
