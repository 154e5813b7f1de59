package io.alignstream.inference;

import io.alignstream.inference.InferenceLoop.Answer;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/**
 * Runs {@link InferenceLoop} for a bounded number of requests at once and lets a bounded number wait; thread-safe.
 *
 * <p>Platform threads, few and kept: libtorch keeps a pool of helpers for each thread that calls it.
 */
@ApplicationScoped
public class Generations {

    private static final Logger LOG = Logger.getLogger(Generations.class);

    private final ThreadPoolExecutor threads;
    private final Duration timeout;
    private final MeterRegistry registry;
    private final Timer firstToken;
    private final DistributionSummary speed;

    Generations(InferenceConfig config, MeterRegistry registry) {
        this.timeout = config.timeout();
        this.registry = registry;
        this.threads = new ThreadPoolExecutor(
                config.concurrentRequests(),
                config.concurrentRequests(),
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(config.queue()),
                named());
        this.firstToken = Timer.builder("alignstream.inference.time.to.first.token")
                .description("from the request to its first token, waiting included")
                .register(registry);
        this.speed = DistributionSummary.builder("alignstream.inference.tokens.per.second")
                .description("of one answer, waiting not included")
                .register(registry);
        Gauge.builder("alignstream.inference.queue", threads, pool -> pool.getQueue()
                        .size())
                .description("requests that wait for their turn")
                .register(registry);
        Gauge.builder("alignstream.inference.active", threads, ThreadPoolExecutor::getActiveCount)
                .description("answers that are being written")
                .register(registry);
    }

    private static ThreadFactory named() {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = Thread.ofPlatform()
                    .name("generation-" + count.incrementAndGet())
                    .daemon()
                    .unstarted(task);
            thread.setContextClassLoader(loader);
            return thread;
        };
    }

    /**
     * Starts or queues an answer.
     *
     * @param model a share of it, which this method takes over in any case
     * @throws RejectedExecutionException if the queue is full
     */
    public Generation start(LoadedModel model, int[] prompt, Decoding decoding) {
        Generation generation = new Generation(model, prompt, decoding, timeout.toNanos());
        try {
            threads.execute(new Task(generation));
            return generation;
        } catch (RejectedExecutionException e) {
            model.giveBack();
            count("refused");
            throw e;
        }
    }

    private void count(String outcome) {
        registry.counter("alignstream.inference.requests", "outcome", outcome).increment();
    }

    private void write(Generation generation, long requested) {
        long started = System.nanoTime();
        boolean[] first = {true};
        Answer answer = InferenceLoop.answer(
                generation.model().weights(),
                generation.model().tokenizer(),
                generation.prompt(),
                generation.decoding(),
                generation::interruption,
                (text, tokens) -> {
                    if (first[0]) {
                        firstToken.record(System.nanoTime() - requested, TimeUnit.NANOSECONDS);
                        first[0] = false;
                    }
                    if (!text.isEmpty() || !tokens.isEmpty()) {
                        generation.put(new Generation.Piece(text, tokens));
                    }
                });
        measure(generation, answer, System.nanoTime() - started);
        switch (answer.finish()) {
            case STOP -> end(generation, answer, Generation.Reason.STOP);
            case LENGTH -> end(generation, answer, Generation.Reason.LENGTH);
            case CANCELLED -> end(generation, answer, Generation.Reason.CANCELLED);
            case TIMED_OUT ->
                generation.put(new Generation.Failed(new TimeoutException("the answer was not complete within "
                        + timeout.toSeconds() + " seconds; ask for fewer tokens or try again later")));
        }
    }

    private static void end(Generation generation, Answer answer, Generation.Reason reason) {
        generation.put(new Generation.End(answer.text(), answer.tokens(), reason));
    }

    private void measure(Generation generation, Answer answer, long nanos) {
        count(answer.finish().name().toLowerCase(Locale.ROOT));
        registry.counter("alignstream.inference.tokens", "kind", "prompt").increment(generation.promptTokens());
        registry.counter("alignstream.inference.tokens", "kind", "completion").increment(answer.tokens());
        if (answer.tokens() > 1) {
            speed.record(answer.tokens() * 1e9 / nanos);
        }
    }

    /** Lets no request wait for ever: what has not begun fails, what runs is cancelled with its reader's connection. */
    @PreDestroy
    void close() {
        threads.shutdownNow().forEach(task -> ((Task) task).fail(new IllegalStateException("the service is stopping")));
    }

    private final class Task implements Runnable {

        private final Generation generation;
        private final long requested = System.nanoTime();

        Task(Generation generation) {
            this.generation = generation;
        }

        @Override
        public void run() {
            try {
                write(generation, requested);
            } catch (RuntimeException | Error e) {
                LOG.errorf(e, "No answer from model %s", generation.model().sha256());
                count("failed");
                generation.put(new Generation.Failed(e));
            } finally {
                generation.model().giveBack();
            }
        }

        void fail(Throwable cause) {
            generation.put(new Generation.Failed(cause));
            generation.model().giveBack();
        }
    }
}
