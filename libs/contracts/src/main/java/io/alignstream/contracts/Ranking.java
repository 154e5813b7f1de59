package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One annotator's judgement of a {@link RankingRequest}, or why there is none, key {@code requestId/annotator}; the topic is
 * the audit log.
 *
 * @param annotator who ranked; those of the sample world, who are simulated, are called {@code simulated-1} and so on
 * @param order groups of answer indexes, best first; the indexes of a group are tied; every answer stands once. Empty
 *     if the annotator abstains
 * @param scores one score for each answer, {@value #MIN_SCORE} to {@value #MAX_SCORE}, or empty
 * @param reasons one reason for each answer (may be an empty text), or empty
 * @param guidelineVersion which annotation guideline was followed
 * @param abstention why the annotator cannot judge the request; null for a judgement
 */
public record Ranking(
        String requestId,
        String annotator,
        List<List<Integer>> order,
        List<Double> scores,
        List<String> reasons,
        String guidelineVersion,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Abstention abstention) {

    public static final double MIN_SCORE = 0;
    public static final double MAX_SCORE = 5;
    static final int MAX_REASON = 2_000;

    public Ranking {
        Check.id("requestId", requestId);
        Check.id("annotator", annotator);
        boolean judges = abstention == null;
        order =
                Check.list(
                                "order",
                                Check.present("order", order),
                                judges ? 1 : 0,
                                judges ? RankingRequest.MAX_ANSWERS : 0)
                        .stream()
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

    /** A judgement. */
    public Ranking(
            String requestId,
            String annotator,
            List<List<Integer>> order,
            List<Double> scores,
            List<String> reasons,
            String guidelineVersion) {
        this(requestId, annotator, order, scores, reasons, guidelineVersion, null);
    }

    /** Says that {@code annotator} cannot judge a request. */
    public static Ranking abstained(
            String requestId, String annotator, String guidelineVersion, Abstention abstention) {
        return new Ranking(requestId, annotator, List.of(), List.of(), List.of(), guidelineVersion, abstention);
    }

    /**
     * Why somebody cannot judge a request.
     *
     * @param note in the annotator's words, may be empty
     */
    public record Abstention(Cause cause, String note) {

        public Abstention {
            Check.present("cause", cause);
            Check.bounded("note", note, MAX_REASON);
        }

        /** The kinds of causes, by which they are counted. */
        public enum Cause {
            /** The annotator does not read the language. */
            @JsonProperty("language")
            LANGUAGE,
            /** The annotator does not know enough about the matter. */
            @JsonProperty("knowledge")
            KNOWLEDGE,
            /** The request cannot be understood. */
            @JsonProperty("unclear")
            UNCLEAR,
            /** The annotator should not have to read this. */
            @JsonProperty("harmful")
            HARMFUL,
            @JsonProperty("other")
            OTHER;

            /** As events and message codes name it, for example {@code language}. */
            public String id() {
                return name().toLowerCase(Locale.ROOT);
            }
        }
    }

    private static void requireNoneOrAll(String field, List<?> values, int answers) {
        if (!values.isEmpty() && values.size() != answers) {
            throw new InvalidInputException(Reason.of("invalid.noneOrAll")
                    .with("field", field)
                    .with("entries", values.size())
                    .with("answers", answers));
        }
    }

    /** Number of ranked answers, K; 0 for an abstention. */
    public int answerCount() {
        return order.stream().mapToInt(List::size).sum();
    }
}
