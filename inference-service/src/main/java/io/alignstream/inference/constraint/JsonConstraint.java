package io.alignstream.inference.constraint;

import io.alignstream.languagemodel.generation.TokenConstraint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.BitSet;

/** One document on its way; it may end where it is complete. */
final class JsonConstraint implements TokenConstraint {

    private final Automaton automaton;
    private final Tokenizer tokenizer;
    private Expression state;

    JsonConstraint(Automaton automaton, Tokenizer tokenizer) {
        this.automaton = automaton;
        this.tokenizer = tokenizer;
        this.state = automaton.start();
    }

    @Override
    public BitSet allowed() {
        return automaton.allowed(state);
    }

    @Override
    public void advance(int token) {
        state = automaton.after(state, tokenizer.bytes(token));
    }
}
