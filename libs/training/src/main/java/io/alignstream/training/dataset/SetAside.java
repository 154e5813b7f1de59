package io.alignstream.training.dataset;

import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a run was given and cannot learn from, counted by cause, beside what it can; for one thread.
 *
 * <p>One bad input stops nothing and none is lost unseen, but a run that can use little of what it was given would teach
 * something else than was meant: where faults are more than a share of a kind of input it ends before it begins. Rankings that
 * tie all answers, or whose request was withdrawn, are shown and are no faults; what people abstain from or ask to judge
 * annotators by was never meant to be learned and counts on neither side.
 */
public final class SetAside {

    /** Share that may be set aside where nothing is configured. */
    public static final double MOST = 0.5;

    /** What a run is given; the share is one of each. */
    public enum Kind {
        CONVERSATION,
        RANKING,
        PROMPT
    }

    /** Why something cannot be learned from. */
    public enum Cause {
        CONVERSATION_REFUSED("conversationsRefused", Kind.CONVERSATION, true),
        CONVERSATION_TOO_LONG("conversationsTooLong", Kind.CONVERSATION, true),
        /** Who withdraws a request need not withdraw what people said about it. */
        RANKING_WITHOUT_REQUEST("rankingsWithoutRequest", Kind.RANKING, false),
        RANKING_OF_OTHER_ANSWERS("rankingsOfOtherAnswers", Kind.RANKING, true),
        RANKING_REFUSED("rankingsRefused", Kind.RANKING, true),
        RANKING_TOO_LONG("rankingsTooLong", Kind.RANKING, true),
        /** That all answers are equal is a judgement like any other. */
        RANKING_WITHOUT_PREFERENCE("rankingsWithoutPreference", Kind.RANKING, false),
        PROMPT_REFUSED("promptsRefused", Kind.PROMPT, true),
        PROMPT_WITHOUT_ROOM("promptsWithoutRoom", Kind.PROMPT, true);

        private final String figure;
        private final Kind kind;
        /** Whether something is wrong with what has this cause. */
        private final boolean fault;

        Cause(String figure, Kind kind, boolean fault) {
            this.figure = figure;
            this.kind = kind;
            this.fault = fault;
        }

        private Reason words() {
            return Reason.of("metric." + figure);
        }
    }

    /**
     * What has one cause.
     *
     * @param example the first of them, and what is wrong with it
     */
    private record Found(long count, Reason example) {

        Found and(Found more) {
            return new Found(count + more.count, example);
        }
    }

    private final Map<Cause, Found> found = new EnumMap<>(Cause.class);
    private final Map<Kind, Long> taken = new EnumMap<>(Kind.class);
    private final Stage stage;
    private final double most;

    /**
     * Of nothing so far.
     *
     * @param stage whose setting {@code most-set-aside} says how much may be
     * @param most that setting's value: the share that may be set aside, 0 to 1
     */
    public SetAside(Stage stage, double most) {
        if (!(most >= 0 && most <= 1)) {
            throw new IllegalArgumentException(setting(stage) + " is " + most + " but must lie between 0 and 1");
        }
        this.stage = stage;
        this.most = most;
    }

    /** Counts what can be learned from. */
    public void take(Kind kind, long count) {
        taken.merge(kind, count, Long::sum);
    }

    /** Counts what cannot be, with {@code example} for one of them. */
    public void add(Cause cause, long count, Reason example) {
        found.merge(cause, new Found(count, example), Found::and);
    }

    /** Counts a ranking that cannot be. */
    public void add(Cause cause, Ranking ranking) {
        add(
                cause,
                1,
                Reason.of("setAside.ranking")
                        .with("id", ranking.requestId())
                        .with("annotator", ranking.annotator())
                        .with("answers", ranking.answerCount()));
    }

    /** Counts one that has more tokens than there is room for. */
    public void addTooLong(Cause cause, String id, int tokens, int room) {
        add(
                cause,
                1,
                Reason.of("setAside.tooLong")
                        .with("id", id)
                        .with("tokens", tokens)
                        .with("room", room));
    }

    /** Counts so many of what {@code id} names that the model's chat template refuses. */
    public void addRefused(Cause cause, long count, String id, Reason why) {
        add(cause, count, Reason.of("setAside.refused").with("id", id).with("why", why));
    }

    /** The counts as figures for people by their names; those of nothing are not among them. */
    public Map<String, Double> figures() {
        Map<String, Double> figures = new TreeMap<>();
        found.forEach((cause, those) -> figures.put(cause.figure, (double) those.count()));
        return figures;
    }

    /** The counts, each with an example; empty if nothing is set aside. */
    public Optional<Reason> reason() {
        return found.entrySet().stream()
                .map(entry -> Reason.of("setAside.cause")
                        .with("count", entry.getValue().count())
                        .with("cause", entry.getKey().words())
                        .with("example", entry.getValue().example()))
                .reduce(Reason::and);
    }

    /**
     * Ends a run that can use too little of a kind of input.
     *
     * @throws InvalidInputException if a larger share is set aside than may be, with the counts and the way out
     */
    public void requireMost() {
        for (Kind kind : Kind.values()) {
            long aside = found.entrySet().stream()
                    .filter(entry -> entry.getKey().kind == kind && entry.getKey().fault)
                    .mapToLong(entry -> entry.getValue().count())
                    .sum();
            long all = taken.getOrDefault(kind, 0L) + aside;
            if (aside > most * all) {
                throw new InvalidInputException(Reason.of("setAside.tooMuch")
                        .with("count", aside)
                        .with("all", all)
                        .with("percent", Math.round(most * 1_000) / 10.0)
                        .with("causes", reason().orElseThrow())
                        .with("setting", setting(stage)));
            }
        }
    }

    private static String setting(Stage stage) {
        return "alignstream." + stage.id() + ".most-set-aside";
    }
}
