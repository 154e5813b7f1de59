package io.alignstream.languagemodel.tokenizer.training;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that share numbered tasks; one thread means the caller's own. */
public final class Workers implements AutoCloseable {

    /** One piece of work. */
    @FunctionalInterface
    interface Task {
        /** @param worker which thread, 0 up to the number of threads: for working memory of its own */
        void run(int worker, int task);
    }

    /** Work under way. */
    @FunctionalInterface
    interface Pending {
        /** Returns when all of it is done; throws what a task threw. */
        void join();
    }

    private final int threads;
    private final List<ExecutorService> executor;

    /** Starts {@code threads} threads; one means none. */
    public Workers(int threads) {
        this.threads = threads;
        executor = threads == 1
                ? List.of()
                : List.of(Executors.newFixedThreadPool(
                        threads,
                        Thread.ofPlatform().daemon().name("bpe-trainer-", 0).factory()));
    }

    int threads() {
        return threads;
    }

    /** Does tasks 0 to {@code tasks} (exclusive) in any order and waits for them. */
    void run(int tasks, Task task) {
        start(tasks, task).join();
    }

    /** Begins tasks 0 to {@code tasks} (exclusive); with one thread they are done on return. */
    Pending start(int tasks, Task task) {
        AtomicInteger next = new AtomicInteger();
        List<Future<?>> futures = new ArrayList<>();
        for (ExecutorService threadPool : executor) {
            for (int worker = 0; worker < Math.min(threads, tasks); worker++) {
                int own = worker;
                futures.add(threadPool.submit(() -> work(own, next, tasks, task)));
            }
        }
        if (executor.isEmpty()) {
            work(0, next, tasks, task);
        }
        return () -> futures.forEach(Workers::join);
    }

    private static void work(int worker, AtomicInteger next, int tasks, Task task) {
        for (int index = next.getAndIncrement(); index < tasks; index = next.getAndIncrement()) {
            task.run(worker, index);
        }
    }

    private static void join(Future<?> future) {
        try {
            future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a tokenizer was trained", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a thread of the tokenizer's trainer failed", e.getCause());
        }
    }

    @Override
    public void close() {
        executor.forEach(ExecutorService::shutdownNow);
    }
}
