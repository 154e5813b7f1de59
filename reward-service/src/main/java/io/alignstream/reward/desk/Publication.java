package io.alignstream.reward.desk;

import io.alignstream.contracts.Ranking;
import java.util.concurrent.CompletableFuture;

/** A ranking that is accepted and on its way to the topic; thread-safe. */
public final class Publication {

    private final Ranking ranking;
    private final CompletableFuture<Boolean> outcome = new CompletableFuture<>();

    Publication(Ranking ranking) {
        this.ranking = ranking;
    }

    /** What is published. */
    public Ranking ranking() {
        return ranking;
    }

    /** Waits until it is over, whether the topic has the ranking then or not. */
    public void await() {
        outcome.join();
    }

    /** Whether it is over and the topic has the ranking. */
    boolean hasSucceeded() {
        return outcome.getNow(false);
    }

    void end(boolean succeeded) {
        outcome.complete(succeeded);
    }
}
