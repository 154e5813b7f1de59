package io.alignstream.reward;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.dataset.RankedAnswers;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Ranked requests, divided by what is asked: no prompt is in two parts.
 *
 * @param heldOut what both models are measured by
 * @param judge what the judge learns from
 * @param reward what the reward model learns from
 */
record RankedSplit(List<RankedAnswers> heldOut, List<RankedAnswers> judge, List<RankedAnswers> reward) {

    /**
     * Divides {@code requests}.
     *
     * @param heldOutShare of the prompts
     * @param judgeShare of those that are not held out
     * @throws InvalidInputException if one of the models has nothing to learn from
     */
    static RankedSplit of(List<RankedAnswers> requests, double heldOutShare, double judgeShare) {
        double judgeBelow = RankedAnswers.judgeBelow(heldOutShare, judgeShare);
        RankedSplit split = new RankedSplit(
                select(requests, place -> place < heldOutShare),
                select(requests, place -> place >= heldOutShare && place < judgeBelow),
                select(requests, place -> place >= judgeBelow));
        if (split.judge.isEmpty() || split.reward.isEmpty()) {
            throw new InvalidInputException(Reason.of("reward.noRequest")
                    .with("requests", requests.size())
                    .with("heldOut", split.heldOut.size())
                    .with("judge", split.judge.size())
                    .with("reward", split.reward.size()));
        }
        return split;
    }

    /**
     * The held-out requests by which a run is watched, so that a comparison takes no longer with more rankings: at most
     * {@code most}, a random choice that is always the same.
     */
    List<RankedAnswers> watched(int most) {
        return heldOut.size() <= most
                ? heldOut
                : heldOut.stream()
                        .sorted(Comparator.comparingDouble(RankedAnswers::place).reversed())
                        .limit(most)
                        .toList();
    }

    /** What is ranked by, sorted: each needs models of its own. One, maybe without a name, where there are not several. */
    List<String> criteria() {
        List<String> criteria = Stream.concat(judge.stream(), reward.stream())
                .map(RankedAnswers::criterion)
                .filter(criterion -> !criterion.isEmpty())
                .distinct()
                .sorted()
                .toList();
        return criteria.isEmpty() ? List.of("") : criteria;
    }

    private static List<RankedAnswers> select(List<RankedAnswers> requests, Predicate<Double> places) {
        return requests.stream().filter(request -> places.test(request.place())).toList();
    }
}
