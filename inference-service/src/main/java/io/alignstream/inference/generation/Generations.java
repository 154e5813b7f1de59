package io.alignstream.inference.generation;

import io.alignstream.contracts.metrics.Metric;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.Pace;
import io.alignstream.inference.generation.Writing.Finish;
import io.alignstream.stageruntime.metrics.Meters;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Takes requests for the {@link InferenceLoop}, a bounded number, and counts what becomes of them; thread-safe. */
@Startup
@ApplicationScoped
public class Generations {

    private final Duration timeout;
    private final int atOnce;
    private final double slowdown;
    private final AnswerMeters meters;
    private final RecentTimes waitingTimes = new RecentTimes();
    private final RecentTimes firstTokenTimes = new RecentTimes();
    private final RecentTimes tokenTimes = new RecentTimes();
    private final WaitingRequests waiting;
    private final AtomicInteger preparing = new AtomicInteger();
    private final InferenceLoop loop;

    Generations(InferenceConfig config, Meters meters) {
        this.timeout = config.timeout();
        this.atOnce = config.concurrentRequests();
        this.slowdown = config.slowdown();
        this.meters = new AnswerMeters(meters);
        this.waiting = new WaitingRequests(config.queue());
        this.loop = new InferenceLoop(waiting, config.concurrentRequests());
        meters.gauge(Metric.REQUESTS_WAITING, waiting, WaitingRequests::size);
        meters.gauge(Metric.REQUESTS_RUNNING, loop, InferenceLoop::active);
        meters.gauge(Metric.SLOTS, config, InferenceConfig::concurrentRequests);
    }

    /** A platform thread, kept: libtorch keeps a pool of helpers for each thread that calls it. */
    @PostConstruct
    void begin() {
        Thread thread = Thread.ofPlatform().name("generation").daemon().unstarted(loop);
        thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        thread.start();
    }

    /** A call that is being prepared, until it is closed. */
    public interface Prepared extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Admits a call whose prompt and constraints are still to be made, which may take long: together with those that are written,
     * wait, or are being prepared there is room for it now.
     *
     * @throws OverloadException if it would take too long
     */
    public Prepared prepare(String client, LoadedModel model) {
        int others = preparing.getAndIncrement();
        if (!waiting.wouldTake(client, waits -> foreseen(model.pace(), underWay(waits) + others + 1) <= slowdown)) {
            preparing.decrementAndGet();
            meters.over(AnswerMeters.REFUSED);
            throw new OverloadException(model.pace().secondsToRoom(underWay(waiting.size()) + others));
        }
        return preparing::decrementAndGet;
    }

    /**
     * Starts or queues an answer for whoever has no name.
     *
     * @param model a share of it, which this method takes over in any case
     * @throws OverloadException if it would take too long
     */
    public Generation start(LoadedModel model, int[] prompt, Decoding decoding) {
        return start("", model, prompt, decoding, 0);
    }

    /**
     * Starts or queues an answer.
     *
     * @param client who asks: clients take turns
     * @param model a share of it, which this method takes over in any case
     * @param siblings answers that the same call has started before: nobody is refused for what they ask themselves
     * @throws OverloadException if it would take too long
     */
    public Generation start(String client, LoadedModel model, int[] prompt, Decoding decoding, int siblings) {
        Task task = new Task(new Generation(client, model, prompt, decoding, timeout.toNanos()), true);
        Task displaced =
                (Task) waiting.add(task, waits -> foreseen(model.pace(), underWay(waits) - siblings + 1) <= slowdown)
                        .orElse(null);
        if (displaced != null) {
            displaced.refuse();
        }
        if (displaced == task) {
            throw task.overload();
        }
        return task.generation;
    }

    /**
     * Starts an answer that nobody waits for, if nobody waits for another one; it counts in no figure of how long users wait.
     *
     * @param model a share of it, which this method takes over in any case
     * @return empty if others wait, there is no place, or it would take too long
     */
    public Optional<Generation> startWhileIdle(LoadedModel model, int[] prompt, Decoding decoding) {
        int answers = underWay(1);
        if (answers > atOnce || foreseen(model.pace(), answers) > slowdown) {
            model.giveBack();
            return Optional.empty();
        }
        Task task = new Task(new Generation("", model, prompt, decoding, timeout.toNanos()), false);
        if (!waiting.addIfNoneWaits(task)) {
            model.giveBack();
            return Optional.empty();
        }
        return Optional.of(task.generation);
    }

    /** How many times as long as alone the last of so many answers takes: in company, and its waiting included. */
    private double foreseen(Pace pace, int answers) {
        return pace.slowdown(Math.min(answers, atOnce)) * (1 + Math.max(0, answers - atOnce) / (double) atOnce);
    }

    private int underWay(int waits) {
        return loop.active() + waits;
    }

    /** How long requests waited for their turn of late. */
    public RecentTimes waitingTimes() {
        return waitingTimes;
    }

    /** How long it took of late from a request to its first token. */
    public RecentTimes firstTokenTimes() {
        return firstTokenTimes;
    }

    /** How long it took of late from one token of an answer to the next. */
    public RecentTimes tokenTimes() {
        return tokenTimes;
    }

    /** Requests that wait for their turn now. */
    public int waiting() {
        return waiting.size();
    }

    /** Answers that are being written now. */
    public int writing() {
        return loop.active();
    }

    /** Lets no request wait for ever. */
    @PreDestroy
    void close() {
        List.copyOf(waiting.close())
                .forEach(request -> request.failed(new IllegalStateException("the service is stopping")));
    }

    private final class Task implements InferenceLoop.Request {

        private final Generation generation;
        private final Writing writing;
        private final boolean awaited;
        private final long requested = System.nanoTime();
        private long begun = requested;
        private long first;
        private long last;

        /** @param awaited whether a user waits for it */
        Task(Generation generation, boolean awaited) {
            this.generation = generation;
            this.awaited = awaited;
            this.writing = new Writing(generation.model().tokenizer(), generation.decoding(), (text, tokens) -> {
                if (first == 0) {
                    first = System.nanoTime();
                    last = first;
                    if (awaited) {
                        meters.first(first - requested, first - begun);
                        firstTokenTimes.record(first - requested);
                    }
                } else if (awaited && !tokens.isEmpty()) {
                    long now = System.nanoTime();
                    meters.next(now - last);
                    tokenTimes.record(now - last);
                    last = now;
                }
                if (!text.isEmpty() || !tokens.isEmpty()) {
                    generation.put(new Generation.Piece(text, tokens));
                }
            });
        }

        @Override
        public Generation generation() {
            return generation;
        }

        @Override
        public Writing writing() {
            return writing;
        }

        @Override
        public void begun(int reused) {
            begun = System.nanoTime();
            meters.prefix(generation.promptTokens(), reused);
            if (awaited) {
                meters.begun(begun - requested);
                waitingTimes.record(begun - requested);
            }
        }

        @Override
        public void over(Finish finish) {
            meters.over(AnswerMeters.reason(finish));
            meters.tokens(first == 0 ? 0 : generation.promptTokens(), writing.tokens());
            if (awaited) {
                meters.answer(
                        generation.promptTokens(),
                        writing.tokens(),
                        new AnswerMeters.Times(requested, begun, first, System.nanoTime()));
            }
            if (finish == Finish.STOP || finish == Finish.LENGTH) {
                generation.model().pace().answer(writing.tokens());
            }
            switch (finish) {
                case STOP -> end(Generation.Reason.STOP);
                case LENGTH -> end(Generation.Reason.LENGTH);
                case CANCELLED -> end(Generation.Reason.CANCELLED);
                case TIMED_OUT ->
                    giveBack(new Generation.Failed(new TimeoutException("the answer was not complete within "
                            + timeout.toSeconds() + " seconds; ask for fewer tokens or try again later")));
            }
        }

        private void end(Generation.Reason reason) {
            giveBack(new Generation.End(writing.text(), writing.tokens(), reason));
        }

        @Override
        public void failed(Throwable cause) {
            meters.over(AnswerMeters.FAILED);
            giveBack(new Generation.Failed(cause));
        }

        /** There was no place for it. */
        void refuse() {
            meters.over(AnswerMeters.REFUSED);
            giveBack(new Generation.Failed(overload()));
        }

        OverloadException overload() {
            int answers = underWay(waiting.size());
            return new OverloadException(generation.model().pace().secondsToRoom(answers));
        }

        private void giveBack(Generation.Event last) {
            generation.model().giveBack();
            generation.put(last);
        }
    }
}
