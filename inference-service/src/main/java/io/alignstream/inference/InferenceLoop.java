package io.alignstream.inference;

import io.alignstream.languagemodel.generation.Decoder;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.generation.SampledToken;
import io.alignstream.languagemodel.tokenizer.StreamingDecoder;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Writes one answer: feed the prompt, then sample a token, show its text, feed it, until the turn ends.
 *
 * <p>The same model, prompt and decoding give the same answer. Left out: batching of several requests into one call, a
 * cache of shared prompt beginnings, penalties, log probabilities.
 */
final class InferenceLoop {

    private InferenceLoop() {}

    /** Why an answer ended. */
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

    /**
     * An answer.
     *
     * @param tokens sampled tokens, the control token that ended the turn not counted
     */
    record Answer(String text, int tokens, Finish finish) {}

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

    /**
     * Answers {@code prompt}.
     *
     * @param prompt ids; together with the longest answer they must fit the model's positions
     * @param interruption asked before each token: why to end now, if so
     */
    static Answer answer(
            PreparedWeights weights,
            Tokenizer tokenizer,
            int[] prompt,
            Decoding decoding,
            Supplier<Optional<Finish>> interruption,
            Listener listener) {
        SplittableRandom random = new SplittableRandom(decoding.seed());
        StreamingDecoder characters = new StreamingDecoder(tokenizer);
        StopText stops = new StopText(decoding.stops());
        StringBuilder text = new StringBuilder();
        Optional<Finish> finish = interruption.get();
        int tokens = 0;
        int capacity = prompt.length + decoding.maxTokens();
        try (Decoder decoder = new Decoder(weights, 1, capacity, tokenizer.vocabularySize())) {
            int[] fed = prompt;
            while (finish.isEmpty()) {
                Decoder.Tokens next =
                        decoder.next(List.of(fed), decoding.sampler(), new double[] {random.nextDouble()});
                int token = next.ids()[0];
                if (tokenizer.byteLength(token) == 0) { // a control token: the model leaves its turn
                    finish = Optional.of(Finish.STOP);
                    break;
                }
                tokens++;
                SampledToken sampled = new SampledToken(token, next.logProbabilities()[0], List.of());
                show(stops.next(characters.next(token)), List.of(sampled), text, listener);
                finish = stops.found() ? Optional.of(Finish.STOP) : interruption.get();
                if (finish.isEmpty() && tokens == decoding.maxTokens()) {
                    finish = Optional.of(Finish.LENGTH);
                }
                fed = new int[] {token};
            }
        }
        if (!stops.found()) {
            String rest = stops.next(characters.end());
            show(stops.found() ? rest : rest + stops.end(), List.of(), text, listener);
        }
        return new Answer(text.toString(), tokens, finish.orElse(Finish.STOP));
    }

    private static void show(String piece, List<SampledToken> tokens, StringBuilder text, Listener listener) {
        text.append(piece);
        listener.token(piece, tokens);
    }
}
