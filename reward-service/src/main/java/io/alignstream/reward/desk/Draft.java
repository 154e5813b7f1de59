package io.alignstream.reward.desk;

import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.List;

/**
 * A ranking that is not finished: what the page shows of it, for each different answer in the annotator's order.
 *
 * @param places 1 the best, the same place twice is a tie
 * @param scores {@code 0} to {@code 5}, or empty
 * @param reasons may be empty
 */
public record Draft(List<Integer> places, List<String> scores, List<String> reasons) {

    private static final int MAX_REASON = 2_000;

    /** @throws InvalidInputException if the lists differ in length or an entry is none that the page has */
    public Draft {
        places = Check.list("places", places, 2, RankingRequest.MAX_ANSWERS);
        int answers = places.size();
        scores = Check.list("scores", scores, answers, answers);
        reasons = Check.list("reasons", reasons, answers, answers);
        for (int place : places) {
            if (place < 1 || place > answers) {
                throw new InvalidInputException(
                        Reason.of("invalid.place").with("place", place).with("most", answers));
            }
        }
        for (String score : scores) {
            if (!score.matches("[0-5]?")) {
                throw new InvalidInputException(Reason.of("invalid.score")
                        .with("score", score)
                        .with("least", 0)
                        .with("most", 5));
            }
        }
        reasons.forEach(reason -> Check.bounded("reasons[]", reason, MAX_REASON));
    }

    /** Number of different answers that it orders. */
    int answers() {
        return places.size();
    }
}
