package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.constraint.JsonConstraints;
import io.alignstream.inference.constraint.UnsupportedSchemaException;
import io.alignstream.languagemodel.generation.TokenConstraint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What an answer has to be.
 *
 * @param field which the client said it in
 * @param json whether it has to be JSON
 * @param schema of that; empty for any object
 */
public record ResponseFormat(String field, boolean json, Optional<JsonNode> schema) {

    /**
     * Reads what the client said in {@code field}.
     *
     * @param tools what is offered beside it: an answer that is free to call one, or none, cannot be kept to JSON
     */
    static ResponseFormat of(String field, Optional<JsonNode> said, OfferedTools tools) {
        ResponseFormat format = of(field, said);
        if (format.json() && !tools.parameters().isEmpty() && tools.forced().isEmpty()) {
            throw ApiException.invalid(
                    field, Reason.of("api.eitherToolsOrFormat").with("format", field));
        }
        return format;
    }

    /** The same where nothing can be called. */
    static ResponseFormat of(String field, Optional<JsonNode> said) {
        if (said.isEmpty()) {
            return new ResponseFormat(field, false, Optional.empty());
        }
        JsonNode format = said.get();
        return switch (format.path("type").asText()) {
            case "text" -> new ResponseFormat(field, false, Optional.empty());
            case "json_object" -> new ResponseFormat(field, true, Optional.empty());
            case "json_schema" -> {
                // Chat completions have it a level below, responses beside the type.
                JsonNode outer = format.has("json_schema") ? format.path("json_schema") : format;
                JsonNode schema = outer.path("schema");
                if (!schema.isObject() && !schema.isBoolean()) {
                    throw ApiException.missing(field + (format.has("json_schema") ? ".json_schema" : "") + ".schema");
                }
                yield new ResponseFormat(field, true, Optional.of(schema));
            }
            default -> throw Body.wrong(field, format, Reason.of("api.mustBeFormat"));
        };
    }

    /** What keeps an answer to it; empty for any text. */
    public Optional<Supplier<TokenConstraint>> constraint(JsonConstraints constraints, Tokenizer tokenizer) {
        if (!json) {
            return Optional.empty();
        }
        try {
            return Optional.of(constraints.of(schema, tokenizer));
        } catch (UnsupportedSchemaException e) {
            throw ApiException.invalid(field, e.reason());
        }
    }
}
