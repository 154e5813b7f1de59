package io.alignstream.inference.explorer;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.ClientShares;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.ServedModel;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.insight.Inspector;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.flow.FlowReader;
import io.alignstream.training.Lineage;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.Response.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The models behind the served release, one of them in memory at a time, and the newest masked model, which may be in memory
 * beside it, as the two are compared; thread-safe.
 *
 * <p>One thread answers one question after the other; few may wait, about half of them of one client at most. The model that was asked last stays in memory for the
 * next question, and goes with the thread when nobody has asked anything for some minutes.
 */
@ApplicationScoped
public class ExplorerModels {

    private static final Logger LOG = Logger.getLogger(ExplorerModels.class);
    private static final int MOST_WAITING = 16;
    private static final int KEPT_MINUTES = 5;
    /** So long it is not looked again whether files were removed. */
    private static final Duration REMEMBERED = Duration.ofSeconds(5);

    private final ServedModel served;
    private final CheckpointStore store;
    private final InferenceConfig config;
    private final FlowReader flow;
    private final ThreadPoolExecutor thread;
    private final ClientShares shares = new ClientShares(1 + MOST_WAITING / 2);
    /** The model that was asked last: of those behind the release, and the masked one. */
    private final Map<Boolean, ExploredModel> open = new HashMap<>();

    private volatile @Nullable Remembered remembered;

    ExplorerModels(ServedModel served, CheckpointStore store, InferenceConfig config, FlowReader flow) {
        this.served = served;
        this.store = store;
        this.config = config;
        this.flow = flow;
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        this.thread = new ThreadPoolExecutor(
                1, 1, KEPT_MINUTES, TimeUnit.MINUTES, new ArrayBlockingQueue<>(MOST_WAITING), worker -> {
                    Thread made = Thread.ofPlatform().name("explorer").daemon().unstarted(() -> {
                        try {
                            worker.run();
                        } finally {
                            close();
                        }
                    });
                    made.setContextClassLoader(loader);
                    return made;
                });
        thread.allowCoreThreadTimeOut(true);
    }

    /**
     * A model of the served release's lineage.
     *
     * @param run the run that made it
     * @param removed whether its files were removed by retention
     */
    public record Found(Reference reference, String run, boolean removed) {}

    /** The versions that the served release was made from, itself, and the newest masked model. */
    Map<Version, Found> versions() {
        LoadedModel current = served.current()
                .orElseThrow(() -> new ExplorerException(Status.SERVICE_UNAVAILABLE, Reason.of("explorer.noRelease")));
        Reference reference = current.release().reference();
        Remembered known = remembered;
        if (known == null || !known.served().equals(reference) || System.nanoTime() - known.until() >= 0) {
            known = new Remembered(reference, lineage(reference), System.nanoTime() + REMEMBERED.toNanos());
            remembered = known;
        }
        return known.versions();
    }

    /** The versions behind a served release, until it is looked again, by {@link System#nanoTime}. */
    private record Remembered(Reference served, Map<Version, Found> versions, long until) {}

    private Map<Version, Found> lineage(Reference aligned) {
        Map<Version, Found> versions = new EnumMap<>(Version.class);
        Optional<Reference> next = Optional.of(aligned);
        Map<Version, String> parents = Map.of(Version.ALIGNED, Lineage.SFT, Version.SFT, Lineage.BASE);
        for (Version version : new Version[] {Version.ALIGNED, Version.SFT, Version.BASE}) {
            Reference reference = next.orElse(null);
            if (reference == null) {
                break;
            }
            try {
                Manifest manifest = store.manifest(reference);
                versions.put(
                        version,
                        new Found(
                                reference,
                                manifest.run(),
                                store.removed(reference).isPresent()));
                next = Optional.ofNullable(parents.get(version))
                        .map(role -> manifest.parents().get(role));
            } catch (IOException e) {
                LOG.warnf("No manifest of %s: %s", reference.uri(), e);
                break;
            }
        }
        masked().ifPresent(found -> versions.put(Version.MASKED, found));
        return Collections.unmodifiableMap(versions);
    }

    /** The newest masked model that the topics tell of; none while the broker does not answer. */
    private Optional<Found> masked() {
        try {
            Optional<Checkpoint> newest = flow.read().checkpoints().stream()
                    .map(FlowReader.Timed::event)
                    .filter(Checkpoint::masked)
                    .reduce((older, newer) -> newer);
            if (newest.isEmpty()) {
                return Optional.empty();
            }
            Reference reference = newest.get().reference();
            return Optional.of(new Found(
                    reference, newest.get().run(), store.removed(reference).isPresent()));
        } catch (IOException | KafkaException e) {
            LOG.warnf("Whether there is a masked model is not known: %s", e);
            return Optional.empty();
        }
    }

    /**
     * The answer to a question about a version; waits for those that came before.
     *
     * @param client who asks
     * @throws ExplorerException if there is no such model, it is too large, or too many ask at once
     */
    <T> T ask(String client, Version version, Function<ExploredModel, T> question) {
        Found found = versions().get(version);
        if (found == null) {
            throw new ExplorerException(
                    Status.NOT_FOUND,
                    version == Version.MASKED
                            ? Reason.of("explorer.noMasked")
                            : Reason.of("explorer.noVersion").with("version", version.id()));
        }
        return ask(client, version, found.reference(), question);
    }

    /** The same of the model that was {@code version} when somebody began to ask, whatever is served by now. */
    <T> T ask(String client, Version version, Reference reference, Function<ExploredModel, T> question) {
        if (!shares.take(client)) {
            throw new ExplorerException(Status.TOO_MANY_REQUESTS, Reason.of("explorer.busy"));
        }
        try {
            return answer(version, reference, question);
        } finally {
            shares.giveBack(client);
        }
    }

    private <T> T answer(Version version, Reference reference, Function<ExploredModel, T> question) {
        Future<T> answer;
        try {
            answer = thread.submit(() -> answered(version, reference, question));
        } catch (RejectedExecutionException e) {
            throw new ExplorerException(
                    thread.isShutdown() ? Status.SERVICE_UNAVAILABLE : Status.TOO_MANY_REQUESTS,
                    Reason.of("explorer.busy"));
        }
        try {
            return answer.get(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw failure(version, e.getCause());
        } catch (TimeoutException e) {
            leave(answer);
            throw new ExplorerException(Status.GATEWAY_TIMEOUT, Reason.of("explorer.timeout"));
        } catch (CancellationException e) { // the service ends
            throw new ExplorerException(Status.SERVICE_UNAVAILABLE, Reason.of("explorer.busy"));
        } catch (InterruptedException e) {
            leave(answer);
            Thread.currentThread().interrupt();
            throw new ExplorerException(Status.SERVICE_UNAVAILABLE, Reason.of("explorer.busy"));
        }
    }

    /** Nobody waits for it any more, so it takes no room of others. */
    private void leave(Future<?> answer) {
        answer.cancel(false);
        thread.purge();
    }

    private static RuntimeException failure(Version version, @Nullable Throwable cause) {
        return switch (cause) {
            case Explained explained
            when cause instanceof IOException -> new ExplorerException(Status.GONE, explained.reason());
            case IOException e -> {
                LOG.warnf(e, "The %s model cannot be looked into", version.id());
                yield new ExplorerException(
                        Status.SERVICE_UNAVAILABLE,
                        Reason.of("explorer.unreadable")
                                .with("version", version.id())
                                .with("failure", String.valueOf(e.getMessage())));
            }
            case RuntimeException e -> e;
            case null, default -> new IllegalStateException("the question failed", cause);
        };
    }

    /** Nobody loads or closes a model while one is looked into. */
    private synchronized <T> T answered(Version version, Reference reference, Function<ExploredModel, T> question)
            throws IOException {
        boolean masked = version == Version.MASKED;
        ExploredModel model = open.get(masked);
        if (model == null || !model.reference().equals(reference)) {
            if (model != null) {
                open.remove(masked);
                model.close();
            }
            model = load(version, reference);
            open.put(masked, model);
        }
        return question.apply(model);
    }

    private ExploredModel load(Version version, Reference reference) throws IOException {
        Path folder = store.open(reference).folder();
        long bytes = Footprint.of(TransformerConfig.load(folder)).weights();
        long most = (long) config.explorer().memoryMebibytes() << 20;
        if (bytes > most) {
            throw new ExplorerException(
                    Status.CONFLICT,
                    Reason.of("explorer.tooLarge")
                            .with("version", version.id())
                            .with("mebibytes", (bytes >> 20) + 1)
                            .with("most", config.explorer().memoryMebibytes()));
        }
        Tokenizer tokenizer = Tokenizer.load(folder);
        Transformer network = Transformer.load(folder);
        return new ExploredModel(version, reference, network, tokenizer, new Inspector(network));
    }

    /** Frees the memory of the models that were asked last. */
    private synchronized void close() {
        open.values().forEach(ExploredModel::close);
        open.clear();
    }

    @PreDestroy
    void stop() {
        for (Runnable waiting : thread.shutdownNow()) {
            if (waiting instanceof Future<?> answer) {
                answer.cancel(false);
            }
        }
    }
}
