package io.alignstream.languagemodel.objective;

/** An objective that reports its loss, a mean over what it counts, and nothing else. */
public interface MeanLoss<B> extends Objective<B, Double> {

    @Override
    default Double merged(Double first, Double second, double share) {
        return Objective.mean(first, second, share);
    }

    @Override
    default int reportedNumbers() {
        return 1;
    }

    @Override
    default double[] numbers(Double loss) {
        return new double[] {loss};
    }

    @Override
    default Double reported(double[] numbers) {
        return numbers[0];
    }
}
