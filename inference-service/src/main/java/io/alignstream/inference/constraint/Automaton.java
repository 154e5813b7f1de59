package io.alignstream.inference.constraint;

import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.Map;

/** The documents of one schema in the tokens of one vocabulary; answers share it. Thread-safe. */
final class Automaton {

    /** Some megabytes, of a schema that counts high. */
    private static final int MOST_STATES = 5_000;

    private static final int MOST_MASKS = 250;

    private final Expressions expressions;
    private final TokenTable table;
    private final Expression start;
    private final int most;
    private final Map<Expression, BitSet> masks = new IdentityHashMap<>();

    /** @param documents of {@code expressions}, which belong to this automaton from now on */
    Automaton(Expressions expressions, Expression documents, TokenTable table) {
        this.expressions = expressions;
        this.table = table;
        this.most = expressions.size() + MOST_STATES;
        // Many vocabularies know an answer's first word only with a blank in front.
        this.start = expressions.sequence(expressions.optional(expressions.text(" ")), documents);
    }

    Expression start() {
        return start;
    }

    /** @throws UnsupportedSchemaException if it takes too long to say */
    synchronized BitSet allowed(Expression state) {
        BitSet known = masks.get(state);
        if (known != null) {
            return known;
        }
        expressions.begin();
        BitSet mask;
        try {
            mask = table.allowed(expressions, state);
        } finally {
            if (expressions.size() > most || masks.size() >= MOST_MASKS) {
                expressions.forget();
                masks.clear();
            }
        }
        masks.put(state, mask);
        return mask;
    }

    /** @throws UnsupportedSchemaException if it takes too long to say */
    synchronized Expression after(Expression state, byte[] bytes) {
        expressions.begin();
        Expression next = state;
        for (byte aByte : bytes) {
            next = expressions.after(next, aByte & 0xFF);
        }
        return next;
    }
}
