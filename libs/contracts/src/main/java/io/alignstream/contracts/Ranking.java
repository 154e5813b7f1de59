package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.List;

/**
 * One annotator's judgement of a {@link RankingRequest}, key {@code requestId/annotator}; the topic is the audit log.
 *
 * @param annotator who ranked; those of the sample world, who are simulated, are called {@code simulated-1} and so on
 * @param order groups of answer indexes, best first; the indexes of a group are tied; every answer stands once
 * @param scores one score for each answer, {@value #MIN_SCORE} to {@value #MAX_SCORE}, or empty
 * @param reasons one reason for each answer (may be an empty text), or empty
 * @param guidelineVersion which annotation guideline was followed
 */
public record Ranking(
        String requestId,
        String annotator,
        List<List<Integer>> order,
        List<Double> scores,
        List<String> reasons,
        String guidelineVersion) {

    public static final double MIN_SCORE = 0;
    public static final double MAX_SCORE = 5;
    static final int MAX_REASON = 2_000;

    public Ranking {
        Check.id("requestId", requestId);
        Check.id("annotator", annotator);
        order = Check.list("order", order, 1, RankingRequest.MAX_ANSWERS).stream()
                .map(group -> Check.list("order[]", group, 1, RankingRequest.MAX_ANSWERS))
                .toList();
        List<Integer> indexes = order.stream().flatMap(List::stream).sorted().toList();
        for (int i = 0; i < indexes.size(); i++) {
            if (indexes.get(i) != i) {
                throw new InvalidInputException(Reason.of("invalid.order").with("order", order.toString()));
            }
        }
        scores = Check.list("scores", scores, 0, RankingRequest.MAX_ANSWERS);
        for (Double score : scores) {
            if (!(Check.finite("scores[]", score) >= MIN_SCORE && score <= MAX_SCORE)) {
                throw new InvalidInputException(Reason.of("invalid.score")
                        .with("score", score)
                        .with("least", MIN_SCORE)
                        .with("most", MAX_SCORE));
            }
        }
        requireNoneOrAll("scores", scores, indexes.size());
        reasons = Check.list("reasons", reasons, 0, RankingRequest.MAX_ANSWERS);
        reasons.forEach(reason -> Check.bounded("reasons[]", reason, MAX_REASON));
        requireNoneOrAll("reasons", reasons, indexes.size());
        Check.id("guidelineVersion", guidelineVersion);
    }

    private static void requireNoneOrAll(String field, List<?> values, int answers) {
        if (!values.isEmpty() && values.size() != answers) {
            throw new InvalidInputException(Reason.of("invalid.noneOrAll")
                    .with("field", field)
                    .with("entries", values.size())
                    .with("answers", answers));
        }
    }

    /** Number of ranked answers, K. */
    public int answerCount() {
        return order.stream().mapToInt(List::size).sum();
    }
}
