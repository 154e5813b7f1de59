package io.alignstream.inference.generation;

import io.alignstream.languagemodel.generation.SampledToken;
import io.alignstream.languagemodel.tokenizer.StreamingDecoder;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** An answer that is being written: what its tokens say, and when it is over. For one thread. */
final class Writing {

    private final Tokenizer tokenizer;
    private final StreamingDecoder characters;
    private final StopText stops;
    private final int maxTokens;
    private final BitSet shown;
    private final Listener listener;
    private final StringBuilder text = new StringBuilder();
    private int tokens;

    /** Why an answer is over. */
    enum Finish {
        /** The model ended its turn, or a stop text came. */
        STOP,
        /** The longest allowed answer was reached. */
        LENGTH,
        /** Nobody waits for it any more. */
        CANCELLED,
        /** It took too long. */
        TIMED_OUT
    }

    /** Hears of each token. */
    @FunctionalInterface
    interface Listener {

        /**
         * What may be shown after one more token.
         *
         * @param text empty while a character or a possible stop text is incomplete
         * @param tokens what was sampled since the last call; none when the answer has ended
         */
        void token(String text, List<SampledToken> tokens);
    }

    Writing(Tokenizer tokenizer, Decoding decoding, Listener listener) {
        this.tokenizer = tokenizer;
        this.characters = new StreamingDecoder(tokenizer);
        this.stops = new StopText(decoding.stops());
        this.maxTokens = decoding.maxTokens();
        this.shown = decoding.shown();
        this.listener = listener;
    }

    /** Takes the next token; tells why the answer is over, if it is. */
    Optional<Finish> take(SampledToken token) {
        boolean control = tokenizer.byteLength(token.id()) == 0;
        if (control && !shown.get(token.id())) { // the model leaves its turn
            return Optional.of(Finish.STOP);
        }
        tokens++;
        String text = control ? characters.end() + tokenizer.name(token.id()) : characters.next(token.id());
        show(stops.next(text), List.of(token));
        if (stops.found()) {
            return Optional.of(Finish.STOP);
        }
        return tokens == maxTokens ? Optional.of(Finish.LENGTH) : Optional.empty();
    }

    /** Shows what was held back, since no more tokens come. */
    void end() {
        if (!stops.found()) {
            String rest = stops.next(characters.end());
            show(stops.found() ? rest : rest + stops.end(), List.of());
        }
    }

    private void show(String piece, List<SampledToken> sampled) {
        text.append(piece);
        listener.token(piece, sampled);
    }

    /** All that was shown. */
    String text() {
        return text.toString();
    }

    /** Sampled tokens, the control token that ended the turn not counted. */
    int tokens() {
        return tokens;
    }
}
