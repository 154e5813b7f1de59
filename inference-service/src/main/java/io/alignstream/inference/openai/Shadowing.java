package io.alignstream.inference.openai;

import io.alignstream.contracts.ShadowAnswer;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.RecentResponses;
import io.alignstream.inference.ServedModel;
import io.alignstream.inference.generation.Generation;
import io.alignstream.inference.generation.Generations;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.metrics.Meters;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Lets the release on trial write, too, what another one has answered, for a share of the answers: nobody is shown it, both go
 * to {@code shadow-answers}. One at a time and only while nothing waits, so users hardly notice; what finds no such moment is left
 * out and counted. Thread-safe.
 */
@Startup
@ApplicationScoped
public class Shadowing {

    private static final Logger LOG = Logger.getLogger(Shadowing.class);

    private static final List<String> OUTCOMES = List.of("written", "skipped", "failed");
    private static final int MOST_WAITING = 64;
    private static final Duration LOOK_FOR_ROOM = Duration.ofMillis(50);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    private final double share;
    private final ServedModel served;
    private final Generations generations;
    private final EventPublisher publisher;
    private final Meters meters;
    private final ThreadPoolExecutor thread;

    Shadowing(
            InferenceConfig config,
            ServedModel served,
            Generations generations,
            EventPublisher publisher,
            Meters meters) {
        this.share = config.shadow().share();
        this.served = served;
        this.generations = generations;
        this.publisher = publisher;
        this.meters = meters;
        OUTCOMES.forEach(outcome -> meters.counter(Metric.SHADOW_ANSWERS, outcome));
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        this.thread =
                new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MOST_WAITING), task -> {
                    Thread shadowing = Thread.ofVirtual().name("shadowing").unstarted(task);
                    shadowing.setContextClassLoader(loader);
                    return shadowing;
                });
    }

    /**
     * Has another answer written in the background, if this one is drawn and there is a release on trial that did not write it.
     *
     * @param begun how both answers begin, as the client said
     * @param again the same question to another model, whose share it does not take over
     */
    void offer(
            String responseId,
            RecentResponses.Response response,
            String begun,
            Function<LoadedModel, Answering.Asked> again) {
        if (share == 0 || ThreadLocalRandom.current().nextDouble() >= share) {
            return;
        }
        long end = System.nanoTime() + LONGEST_WAIT.toNanos();
        try {
            thread.execute(() -> shadow(responseId, response, begun, again, end));
        } catch (RejectedExecutionException e) {
            count("skipped");
        }
    }

    private void shadow(
            String responseId,
            RecentResponses.Response response,
            String begun,
            Function<LoadedModel, Answering.Asked> again,
            long end) {
        try {
            Optional<LoadedModel> trial = served.onTrialBeside(response.model());
            if (trial.isEmpty()) {
                return;
            }
            Optional<Generation.End> written;
            try {
                written = write(trial.get(), again.apply(trial.get()), end);
            } finally {
                trial.get().giveBack();
            }
            if (written.isEmpty()) {
                count("skipped");
                return;
            }
            publisher.publish(
                    Topic.SHADOW_ANSWERS,
                    new ShadowAnswer(
                            responseId,
                            response.messages(),
                            new ShadowAnswer.Answer(response.model(), response.answer(), response.truncated()),
                            new ShadowAnswer.Answer(
                                    trial.get().sha256(),
                                    begun + written.get().text(),
                                    written.get().reason() != Generation.Reason.STOP)));
            count("written");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.warnf("No shadow answer to %s: %s", responseId, e.getMessage());
            count("failed");
        }
    }

    /** @param end when there is no more waiting for an idle moment, by {@link System#nanoTime} */
    private Optional<Generation.End> write(LoadedModel model, Answering.Asked asked, long end)
            throws InterruptedException {
        while (System.nanoTime() - end < 0) {
            Optional<Generation> started = generations.startWhileIdle(model.share(), asked.prompt(), asked.decoding());
            if (started.isPresent()) {
                return Optional.of(read(started.get()));
            }
            Thread.sleep(LOOK_FOR_ROOM);
        }
        return Optional.empty();
    }

    private static Generation.End read(Generation generation) throws InterruptedException {
        try {
            while (true) {
                switch (generation.poll(LONGEST_WAIT).orElse(null)) {
                    case null -> {} // it ends in time in any case
                    case Generation.Piece piece -> {} // the end has all of them
                    case Generation.End end -> {
                        return end;
                    }
                    case Generation.Failed failed ->
                        throw new IllegalStateException(failed.cause().getMessage(), failed.cause());
                }
            }
        } finally {
            generation.cancel();
        }
    }

    private void count(String outcome) {
        meters.counter(Metric.SHADOW_ANSWERS, outcome).increment();
    }

    /** What is under way ends with the service. */
    @PreDestroy
    void close() {
        thread.shutdownNow();
    }
}
