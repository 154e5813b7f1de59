package io.alignstream.stageruntime.view;

import io.alignstream.stageruntime.Question;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The answers to a stage's questions, asked ahead of each comparison; for the reader's thread. */
public final class Answers {

    private final Executor executor;
    private final Consumer<Exception> failed;
    private final List<Question<?>> questions = new ArrayList<>();
    private final Map<Question<?>, Object> known = new HashMap<>();
    private @Nullable CompletableFuture<Map<Question<?>, Object>> asking;

    /** Questions are asked on {@code executor}. */
    public Answers(Executor executor) {
        this(executor, failure -> {});
    }

    /**
     * Questions are asked on {@code executor}.
     *
     * @param failed is told there, besides, when one could not be answered
     */
    public Answers(Executor executor, Consumer<Exception> failed) {
        this.executor = executor;
        this.failed = failed;
    }

    void add(Question<?> question) {
        questions.add(question);
    }

    /** Forgets what a job may have changed. */
    public void jobEnded() {
        known.clear();
        asking = null;
    }

    /**
     * Whether every question has an answer; asks those that have none, and is false until they do.
     *
     * @throws RuntimeException if one could not be answered; it is asked again the next time
     */
    public boolean complete() {
        List<Question<?>> open = questions.stream()
                .filter(question -> !known.containsKey(question))
                .toList();
        if (open.isEmpty()) {
            return true;
        }
        if (asking == null) {
            asking = CompletableFuture.supplyAsync(() -> ask(open), executor);
        }
        if (!asking.isDone()) {
            return false;
        }
        CompletableFuture<Map<Question<?>, Object>> answered = asking;
        asking = null;
        try {
            known.putAll(answered.join());
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
        return true;
    }

    /** The comparison for which the answers were asked is over. */
    public void compared() {
        known.keySet().removeIf(Question::holdsOnce);
    }

    /** Forgets what holds once, also while it is being asked: a person's request counts what was there before it. */
    public void triggered() {
        compared();
        asking = null;
    }

    @SuppressWarnings("unchecked") // the map holds a T under each Question<T>
    <T> T to(Question<T> question) {
        Object answer = known.get(question);
        if (answer == null) {
            throw new IllegalArgumentException("the question was not asked; ask it in subscribe()");
        }
        return (T) answer;
    }

    private Map<Question<?>, Object> ask(List<Question<?>> open) {
        Map<Question<?>, Object> answers = new HashMap<>();
        for (Question<?> question : open) {
            try {
                answers.put(question, question.ask());
            } catch (RuntimeException e) {
                failed.accept(e);
                throw e;
            } catch (Exception e) {
                failed.accept(e);
                throw new IllegalStateException("cannot look into store or broker: " + e.getMessage(), e);
            }
        }
        return answers;
    }
}
