package io.alignstream.inference.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.languagemodel.generation.TokenConstraint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.WeakHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes what keeps an answer a JSON document, and remembers it for the newest schemas; thread-safe. */
@ApplicationScoped
public class JsonConstraints {

    private static final int REMEMBERED = 16;

    private final Map<Tokenizer, TokenTable> tables = new WeakHashMap<>();
    /** Least recently used first. */
    private final SequencedMap<Asked, Automaton> automata = new LinkedHashMap<>();

    /**
     * One way in which an answer may go.
     *
     * @param beginning what it begins with
     * @param schema of the document behind that; empty for any object
     */
    public record Way(String beginning, Optional<JsonNode> schema) {}

    /** With the schemas' text: members come in its order, which equal objects of JSON may differ in. */
    private record Asked(TokenTable table, String ways) {}

    /**
     * For each answer one constraint.
     *
     * @param schema of the document; empty for any object
     * @throws UnsupportedSchemaException if it cannot be kept
     */
    public Supplier<TokenConstraint> of(Optional<JsonNode> schema, Tokenizer tokenizer) {
        return of(List.of(new Way("", schema)), tokenizer);
    }

    /**
     * For each answer one constraint that it is one of {@code ways}.
     *
     * @throws UnsupportedSchemaException if a schema cannot be kept
     */
    public Supplier<TokenConstraint> of(List<Way> ways, Tokenizer tokenizer) {
        TokenTable table = table(tokenizer);
        Asked asked = new Asked(table, ways.toString());
        Automaton known = known(asked);
        // A large schema keeps nobody waiting but its client.
        Automaton automaton = known == null ? automaton(ways, table) : known;
        remember(asked, automaton);
        return () -> new JsonConstraint(automaton, tokenizer);
    }

    private synchronized TokenTable table(Tokenizer tokenizer) {
        return tables.computeIfAbsent(tokenizer, TokenTable::new);
    }

    private synchronized @Nullable Automaton known(Asked asked) {
        return automata.get(asked);
    }

    private synchronized void remember(Asked asked, Automaton automaton) {
        automata.putLast(asked, automaton);
        if (automata.size() > REMEMBERED) {
            automata.pollFirstEntry();
        }
    }

    private static Automaton automaton(List<Way> ways, TokenTable table) {
        Expressions expressions = new Expressions();
        List<Expression> answers = new ArrayList<>();
        for (Way way : ways) {
            String scope = answers.size() + ":";
            Expression documents = way.schema()
                    .map(said -> SchemaReader.read(expressions, said, scope))
                    .orElseGet(() -> new JsonText(expressions).object());
            answers.add(expressions.sequence(expressions.text(way.beginning()), documents));
        }
        Automaton automaton = new Automaton(expressions, expressions.choice(answers), table);
        automaton.allowed(automaton.start()); // all answers need it, and here nobody else waits
        return automaton;
    }
}
