package io.alignstream.pretrain;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.Learner;
import io.alignstream.training.Trouble;
import java.util.Locale;
import java.util.Optional;

/**
 * Notices that training fails: a loss that is no number, a spike, divergence, or nothing learned at all; immutable.
 *
 * @param count losses seen
 * @param average exponential moving average of the loss, not yet corrected for its start at 0
 * @param lowest lowest moving average so far, 0 before there is one
 */
record LossGuard(long count, double average, double lowest) {

    static final LossGuard NEW = new LossGuard(0, 0, 0);

    private static final double MEMORY = 0.95;
    private static final long SPIKES_FROM = 10;
    private static final long TRENDS_FROM = 50;
    private static final double DIVERGED = 1.5;
    /** Losses near zero, as of memorised data, double easily: so much more, in nats, is always allowed. */
    private static final double SLACK = 0.5;

    private static final double LEARNED = 0.95;

    /**
     * What a loss must not reach.
     *
     * @param vocabulary size of the vocabulary: a model that knows nothing has its logarithm as loss
     * @param words entropy of single tokens in nats: what a model reaches that learns nothing but frequencies
     * @param learnedBy step at which the moving average must lie below that, 0 if it need not
     * @param spikeFactor a loss of more than so many times its moving average (and half a nat) is a spike
     */
    record Limits(int vocabulary, double words, long learnedBy, double spikeFactor) {}

    /** The moving average, NaN before the first loss. */
    double mean() {
        return count == 0 ? Double.NaN : average / (1 - Math.pow(MEMORY, count));
    }

    /** This guard after a loss that was no trouble. */
    LossGuard after(double loss) {
        LossGuard next = new LossGuard(count + 1, MEMORY * average + (1 - MEMORY) * loss, lowest);
        double mean = next.mean();
        boolean lower = next.count >= TRENDS_FROM && (lowest == 0 || mean < lowest);
        return lower ? new LossGuard(next.count, next.average, mean) : next;
    }

    /** What is wrong with the step that was the {@code step}-th, on the data of {@code window}; empty if nothing is. */
    Optional<Trouble> trouble(Learner.Step<Double> taken, Trouble.Window window, long step, Limits limits) {
        double loss = taken.loss();
        if (!Double.isFinite(loss) || !Double.isFinite(taken.gradientNorm())) {
            return Optional.of(Trouble.at(
                    window,
                    Reason.of("training.notFinite")
                            .with("loss", figure(loss))
                            .with("norm", figure(taken.gradientNorm()))));
        }
        double nothing = Math.log(limits.vocabulary);
        if (loss > DIVERGED * nothing + SLACK) {
            return Optional.of(Trouble.at(
                    window,
                    Reason.of("training.worseThanNothing")
                            .with("loss", figure(loss))
                            .with("nothing", figure(nothing))));
        }
        if (count >= SPIKES_FROM && loss > limits.spikeFactor * mean() + SLACK) {
            return Optional.of(Trouble.at(
                    window,
                    Reason.of("training.spike").with("loss", figure(loss)).with("average", figure(mean()))));
        }
        double mean = after(loss).mean();
        if (lowest > 0 && mean > DIVERGED * lowest + SLACK) {
            return Optional.of(Trouble.of(
                    Reason.of("training.rose").with("from", figure(lowest)).with("to", figure(mean))));
        }
        if (step == limits.learnedBy && mean > LEARNED * limits.words) {
            return Optional.of(Trouble.fromStart(Reason.of("training.nothingLearned")
                    .with("loss", figure(mean))
                    .with("words", figure(limits.words))));
        }
        return Optional.empty();
    }

    private static String figure(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : Double.toString(value);
    }
}
