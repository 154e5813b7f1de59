package io.alignstream.inference;

import io.alignstream.languagemodel.generation.TextEmbedder;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Turns texts into vectors beside the answers, one call after the other, while a bounded number waits, about half of them of
 * one client at most; thread-safe.
 *
 * <p>One platform thread, which is kept: libtorch keeps a pool of helpers for each thread that calls it.
 */
@ApplicationScoped
public class Embeddings {

    private final ThreadPoolExecutor thread;
    private final long timeoutNanos;
    private final ClientShares shares;

    Embeddings(InferenceConfig config) {
        this.timeoutNanos = config.timeout().toNanos();
        this.shares = new ClientShares(1 + config.queue() / 2);
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        this.thread =
                new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(config.queue()), task -> {
                    Thread thread =
                            Thread.ofPlatform().name("embeddings").daemon().unstarted(task);
                    thread.setContextClassLoader(loader);
                    return thread;
                });
    }

    /**
     * The vectors of {@code texts}, in their order.
     *
     * @param client who asks
     * @param model a share of it, which this method takes over in any case
     * @param texts token ids, each one to the model's positions
     * @throws RejectedExecutionException if too many calls wait, or too many of this client
     * @throws TimeoutException if they are not there in time
     * @throws ExecutionException if the model fails
     */
    public List<float[]> of(String client, LoadedModel model, List<int[]> texts)
            throws TimeoutException, ExecutionException, InterruptedException {
        if (!shares.take(client)) {
            model.giveBack();
            throw new RejectedExecutionException(client + " has too many calls already");
        }
        // The place is free when the call is over, and not when its client has left: what waits takes room until then.
        Task task = new Task(model, texts, () -> shares.giveBack(client));
        Future<List<float[]>> vectors;
        try {
            vectors = thread.submit(task::vectors);
        } catch (RejectedExecutionException e) {
            model.giveBack();
            shares.giveBack(client);
            throw e;
        }
        try {
            return vectors.get(timeoutNanos, TimeUnit.NANOSECONDS);
        } finally {
            task.left = true; // nobody waits any more; it gives the share back when its turn comes
        }
    }

    @PreDestroy
    void close() {
        thread.shutdown();
    }

    private static final class Task {

        /** Of texts: as many as one may be done with after it has left. */
        private static final int TOGETHER = 32;

        private final LoadedModel model;
        private final List<int[]> texts;
        private final Runnable over;
        private volatile boolean left;

        Task(LoadedModel model, List<int[]> texts, Runnable over) {
            this.model = model;
            this.texts = texts;
            this.over = over;
        }

        List<float[]> vectors() {
            try {
                TextEmbedder embedder = model.embedder();
                List<float[]> vectors = new ArrayList<>();
                for (int i = 0; i < texts.size() && !left; i += TOGETHER) {
                    vectors.addAll(embedder.embed(texts.subList(i, Math.min(texts.size(), i + TOGETHER))));
                }
                return vectors;
            } finally {
                model.giveBack();
                over.run();
            }
        }
    }
}
