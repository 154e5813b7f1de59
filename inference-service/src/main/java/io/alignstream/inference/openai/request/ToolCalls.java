package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.inference.constraint.JsonConstraints;
import io.alignstream.inference.constraint.JsonConstraints.Way;
import io.alignstream.inference.constraint.UnsupportedSchemaException;
import io.alignstream.languagemodel.generation.TokenConstraint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.tokenizer.ToolCallLayout;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Supplier;

/**
 * The calls of tools that an answer may hold, as the model's template writes them.
 *
 * @param parameters of each tool that may be called, by its name: the schema of its arguments
 * @param forced whether the answer is one call and nothing else
 * @param parallel whether there may be several
 */
public record ToolCalls(
        ToolCallLayout layout, SequencedMap<String, JsonNode> parameters, boolean forced, boolean parallel) {

    public ToolCalls {
        parameters = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(parameters));
    }

    /** What the answer begins with before the model writes: a forced call's, as far as there is no choice. */
    String begun() {
        return forced ? layout.lead() + layout.marker() + given() : "";
    }

    /** The part of {@link #begun} that the call is read from. */
    public String given() {
        // Without the blank at its end, which the model may write with the first token of the arguments.
        return forced && parameters.size() == 1
                ? (layout.object() + parameters.firstEntry().getKey() + layout.between()).stripTrailing()
                : "";
    }

    /** Control tokens that end no answer. */
    public BitSet shown(Tokenizer tokenizer) {
        return forced ? new BitSet() : layout.tokens(tokenizer);
    }

    /** What keeps a forced call to its schema; empty for others. */
    public Optional<Supplier<TokenConstraint>> constraint(JsonConstraints constraints, Tokenizer tokenizer) {
        if (!forced) {
            return Optional.empty();
        }
        List<Way> ways = parameters.entrySet().stream()
                .map(tool -> new Way(
                        given().isEmpty() ? layout.object() + tool.getKey() + layout.between() : "",
                        Optional.of(tool.getValue())))
                .toList();
        try {
            return Optional.of(constraints.of(ways, tokenizer));
        } catch (UnsupportedSchemaException e) {
            throw ApiException.invalid("tools", e.reason());
        }
    }
}
