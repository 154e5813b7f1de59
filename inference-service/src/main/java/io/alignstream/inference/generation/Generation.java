package io.alignstream.inference.generation;

import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.generation.Writing.Finish;
import io.alignstream.languagemodel.generation.SampledToken;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One answer on its way: the generation thread writes it, a request's thread takes it piece by piece.
 *
 * <p>The answer never waits for a slow reader; what is not taken yet is at most the longest answer.
 */
public final class Generation {

    /** What the reader gets: any number of pieces, then one end or failure. */
    public sealed interface Event {}

    /**
     * A piece of the answer.
     *
     * @param text what may be shown now; empty while a character or a possible stop text is incomplete
     * @param tokens what was sampled since the piece before
     */
    public record Piece(String text, List<SampledToken> tokens) implements Event {

        public Piece {
            tokens = List.copyOf(tokens);
        }
    }

    /**
     * The answer is complete.
     *
     * @param text all pieces together
     * @param tokens tokens of the answer
     */
    public record End(String text, int tokens, Reason reason) implements Event {}

    /** The answer cannot be completed. */
    public record Failed(Throwable cause) implements Event {}

    /** Why an answer is complete. */
    public enum Reason {
        /** The turn is over. */
        STOP,
        /** The longest allowed answer was reached. */
        LENGTH,
        /** The reader left. */
        CANCELLED
    }

    private final String client;
    private final LoadedModel model;
    private final int[] prompt;
    private final Decoding decoding;
    private final long deadline;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private volatile boolean cancelled;

    /**
     * An answer that nothing is known of.
     *
     * @param client whose turns this takes
     * @param model a share of it, given back at the end
     */
    Generation(String client, LoadedModel model, int[] prompt, Decoding decoding, long timeoutNanos) {
        this.client = client;
        this.model = model;
        this.prompt = prompt;
        this.decoding = decoding;
        this.deadline = System.nanoTime() + timeoutNanos;
    }

    public LoadedModel model() {
        return model;
    }

    String client() {
        return client;
    }

    int[] prompt() {
        return prompt;
    }

    Decoding decoding() {
        return decoding;
    }

    /** Number of tokens of the prompt. */
    public int promptTokens() {
        return prompt.length;
    }

    /** Ends the answer after its current token: nobody reads it any more. */
    public void cancel() {
        cancelled = true;
    }

    /** Waits a moment for the next event; empty if there is none yet. After an {@link End} or {@link Failed} none comes. */
    public Optional<Event> poll(Duration moment) throws InterruptedException {
        Event event = events.poll(moment.toNanos(), TimeUnit.NANOSECONDS);
        return Optional.ofNullable(event);
    }

    void put(Event event) {
        events.add(event);
    }

    /** Why to end before the next token, if so. */
    Optional<Finish> interruption() {
        if (cancelled) {
            return Optional.of(Finish.CANCELLED);
        }
        return System.nanoTime() - deadline > 0 ? Optional.of(Finish.TIMED_OUT) : Optional.empty();
    }
}
