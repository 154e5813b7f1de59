package io.alignstream.inference.retrieval;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.metrics.Meters;
import io.micrometer.core.instrument.DistributionSummary;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Finds passages of documents that go with a question; thread-safe.
 *
 * <p>Switched off, which is the default, it has no index, no model, no thread and no file.
 */
@ApplicationScoped
public class Retrieval {

    private static final Logger LOG = Logger.getLogger(Retrieval.class);
    private static final Duration TO_END = Duration.ofSeconds(5);
    /** Characters of a question that are looked for: each may be a word, and a query of the index has 1,024 at most. */
    private static final int LONGEST_QUESTION = 1_000;

    private final RetrievalConfig config;
    private final KafkaReaders readers;
    private final BrokerRefusals refusals;
    private final DistributionSummary searches;
    private final PassageEmbedders embedders = new PassageEmbedders();
    private @Nullable DocumentIndexing indexing;
    private @Nullable Thread thread;

    Retrieval(RetrievalConfig config, KafkaReaders readers, BrokerRefusals refusals, Meters meters) {
        this.config = config;
        this.readers = readers;
        this.refusals = refusals;
        this.searches = meters.histogram(Metric.RETRIEVAL_SEARCH);
        gauge(meters, Metric.RETRIEVAL_PASSAGES, RetrievalStatus::passages);
        gauge(meters, Metric.RETRIEVAL_SIZE, RetrievalStatus::bytes);
        gauge(meters, Metric.RETRIEVAL_LAG, RetrievalStatus::behind);
        counter(meters, Metric.RETRIEVAL_DISPLACED, RetrievalStatus::displaced);
        counter(meters, Metric.RETRIEVAL_CUT, RetrievalStatus::cut);
        counter(meters, Metric.RETRIEVAL_FAILED, RetrievalStatus::failed);
        counter(meters, Metric.RETRIEVAL_LOST, RetrievalStatus::lost);
        counter(meters, Metric.RETRIEVAL_UNREADABLE, RetrievalStatus::unreadable);
    }

    void start(@Observes StartupEvent event) {
        if (!config.enabled()) {
            return;
        }
        DocumentIndexing begun = new DocumentIndexing(config, readers, refusals, embedders);
        indexing = begun;
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        Thread follower = Thread.ofPlatform().name("document-indexing").daemon().unstarted(begun);
        follower.setContextClassLoader(loader);
        thread = follower;
        follower.start();
    }

    private void gauge(Meters meters, Metric metric, ToDoubleFunction<RetrievalStatus> figure) {
        meters.gauge(metric, this, self -> self.figure(figure));
    }

    private void counter(Meters meters, Metric metric, ToDoubleFunction<RetrievalStatus> count) {
        meters.counter(metric, this, self -> self.figure(count));
    }

    private double figure(ToDoubleFunction<RetrievalStatus> figure) {
        return status().map(figure::applyAsDouble).orElse(0.0);
    }

    /** Whether it is switched on. */
    public boolean enabled() {
        return config.enabled();
    }

    /** Native memory that it needs with these settings, in bytes. */
    public static long nativeBytes(RetrievalConfig config) {
        return config.enabled() ? PassageEmbedders.BYTES : 0;
    }

    /** How far the index is; empty where it is switched off. */
    public Optional<RetrievalStatus> status() {
        return Optional.ofNullable(indexing).map(DocumentIndexing::status);
    }

    /**
     * The passages in the language of {@code question} that go best with it, best first.
     *
     * @param least similarity of a passage that counts, from 0 to 1
     * @throws RetrievalException if the index cannot be searched now
     */
    public List<FoundPassage> search(String question, int most, double least) throws RetrievalException {
        DocumentIndexing running = indexing;
        if (running == null) {
            throw new RetrievalException(Reason.of("retrieval.off"));
        }
        PassageIndex index =
                running.index().orElseThrow(() -> notNow(running.status().problem()));
        String words = words(question);
        long begun = System.nanoTime();
        try {
            Language language = Language.of(words);
            return index.search(language, embedders.question(language, words), words, most, least);
        } catch (IOException | RuntimeException | LinkageError e) { // of the index, or of a model that cannot be loaded
            LOG.warnf(e, "Nothing can be found now");
            throw notNow(Reason.of("retrieval.failed").with("detail", e.toString()));
        } finally {
            searches.record((System.nanoTime() - begun) / 1e9);
        }
    }

    /** The beginning of a long question, without halves of characters, which a client may send and a cut may leave. */
    private static String words(String question) {
        String beginning = question.substring(0, Math.min(question.length(), LONGEST_QUESTION));
        return new String(beginning.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    private static RetrievalException notNow(@Nullable Reason problem) {
        return new RetrievalException(problem == null ? Reason.of("retrieval.opening") : problem);
    }

    /** The index is closed, then the models: nobody asks any more. */
    @PreDestroy
    void stop() throws InterruptedException {
        DocumentIndexing running = indexing;
        Thread follower = thread;
        if (running != null && follower != null) {
            running.stop();
            if (!follower.join(TO_END)) {
                return; // the models are in use, and the process ends
            }
        }
        embedders.close();
    }
}
