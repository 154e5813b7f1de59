package io.alignstream.inference.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.languagemodel.generation.TokenConstraint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.WeakHashMap;
import java.util.function.Supplier;

/** Makes what keeps an answer a JSON document, and remembers it for the newest schemas; thread-safe. */
@ApplicationScoped
public class JsonConstraints {

    private static final int REMEMBERED = 16;

    private final Map<Tokenizer, TokenTable> tables = new WeakHashMap<>();
    /** Least recently used first. */
    private final SequencedMap<Asked, Automaton> automata = new LinkedHashMap<>();

    private record Asked(TokenTable table, Optional<JsonNode> schema) {}

    /**
     * For each answer one constraint.
     *
     * @param schema of the document; empty for any object
     * @throws UnsupportedSchemaException if it cannot be kept
     */
    public synchronized Supplier<TokenConstraint> of(Optional<JsonNode> schema, Tokenizer tokenizer) {
        TokenTable table = tables.computeIfAbsent(tokenizer, TokenTable::new);
        Asked asked = new Asked(table, schema);
        Automaton known = automata.get(asked);
        Automaton automaton = known == null ? automaton(asked) : known;
        automata.putLast(asked, automaton);
        if (automata.size() > REMEMBERED) {
            automata.pollFirstEntry();
        }
        return () -> new JsonConstraint(automaton, tokenizer);
    }

    private static Automaton automaton(Asked asked) {
        Expressions expressions = new Expressions();
        Expression documents = asked.schema()
                .map(schema -> SchemaReader.read(expressions, schema))
                .orElseGet(() -> new JsonText(expressions).object());
        return new Automaton(expressions, documents, asked.table());
    }
}
