package io.alignstream.benchmarks.distributed;

import io.alignstream.training.workers.Generation;
import io.alignstream.training.workers.Member;
import io.alignstream.training.workers.Membership;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The place of a worker among those that a benchmark has started: one generation, which nobody joins or leaves. Immutable.
 *
 * @param generation the only one
 */
record FixedMembership(Generation generation) implements Membership {

    @Override
    public Optional<Generation> next(long number, Duration most) throws InterruptedException {
        if (knowsAfter(number)) {
            return Optional.of(generation);
        }
        Thread.sleep(most);
        return Optional.empty();
    }

    @Override
    public boolean knowsAfter(long number) {
        return generation.number() > number;
    }

    @Override
    public void onGeneration(Consumer<Generation> listener) {
        // there is no other
    }

    @Override
    public void lost(Member member) {
        throw new IllegalStateException("the worker " + member.id() + " of the benchmark is gone; its log says why");
    }

    @Override
    public void close() {
        // nobody is told
    }
}
