package io.alignstream.inference.shadow;

import io.alignstream.contracts.ShadowAnswer;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * How the answers that nobody was shown compare with those that were, as far as the topic goes back; thread-safe.
 *
 * <p>The newest {@value #REMEMBERED} judgements count. Of what waits for the judge the newest {@value #MOST_WAITING} answers
 * of {@value #MOST_CHARACTERS} characters together are kept; what falls out is counted as not judged.
 */
@ApplicationScoped
public class ShadowTally implements Subscriptions.EventHandler<ShadowAnswer> {

    /** Judgements that are remembered. */
    public static final int REMEMBERED = 10_000;

    static final int MOST_WAITING = 1_000;
    static final long MOST_CHARACTERS = 16L << 20;
    private static final int SHOWN = 20;
    /** The quantile of the normal distribution within which 95 of 100 lie. */
    private static final double Z = 1.96;

    private final SequencedMap<String, ShadowAnswer> waiting = new LinkedHashMap<>();
    private final SequencedMap<String, Judged> judged = new LinkedHashMap<>();
    private final SequencedMap<String, ShadowAnswer> shown = new LinkedHashMap<>();
    private final Map<Pair, Integer> lost = new HashMap<>();
    private long characters;

    /** Who answered and who would have. */
    private record Pair(String served, String shadow) {

        static Pair of(ShadowAnswer answer) {
            return new Pair(answer.served().model(), answer.shadow().model());
        }
    }

    private record Judged(Pair pair, ShadowAnswer.Judgement judgement) {}

    /**
     * A release on trial beside the one that answered.
     *
     * @param served sha256 of the checkpoint that answered
     * @param shadow sha256 of the one that would have
     * @param judged pairs of answers that the judge has scored
     * @param waiting pairs that it is going to
     * @param notJudged pairs that it is not, as they do not fit it or too many waited
     * @param winRate how often it prefers the one that nobody was shown; ties count half
     * @param low the win rate lies above, 95 times of 100 (Wilson's interval)
     * @param high and below
     * @param servedScore mean score of what was answered
     * @param shadowScore of what would have been
     */
    public record Comparison(
            String served,
            String shadow,
            int judged,
            int waiting,
            int notJudged,
            double winRate,
            double low,
            double high,
            double servedScore,
            double shadowScore) {

        private static Comparison of(Pair pair, List<ShadowAnswer.Judgement> judgements, int waiting, int notJudged) {
            int n = judgements.size();
            double wins = mean(judgements, ShadowAnswer.Judgement::win);
            double spread = Z * Z / Math.max(1, n);
            double centre = (wins + spread / 2) / (1 + spread);
            double half = Math.sqrt(spread * wins * (1 - wins) + spread * spread / 4) / (1 + spread);
            return new Comparison(
                    pair.served,
                    pair.shadow,
                    n,
                    waiting,
                    notJudged,
                    wins,
                    centre - half,
                    centre + half,
                    mean(judgements, ShadowAnswer.Judgement::served),
                    mean(judgements, ShadowAnswer.Judgement::shadow));
        }

        private static double mean(
                List<ShadowAnswer.Judgement> judgements, ToDoubleFunction<ShadowAnswer.Judgement> figure) {
            return judgements.stream().mapToDouble(figure).average().orElse(0);
        }
    }

    @Override
    public synchronized void handle(ShadowAnswer answer, Origin origin) {
        String id = answer.responseId();
        ShadowAnswer.Judgement judgement = answer.judgement();
        if (judgement == null) {
            if (!judged.containsKey(id)) {
                await(answer);
            }
            return;
        }
        forget(id);
        judged.putLast(id, new Judged(Pair.of(answer), judgement));
        shown.putLast(id, answer);
        if (judged.size() > REMEMBERED) {
            judged.pollFirstEntry();
        }
        if (shown.size() > SHOWN) {
            shown.pollFirstEntry();
        }
    }

    @Override
    public synchronized void withdrawn(String responseId) {
        forget(responseId);
        judged.remove(responseId);
        shown.remove(responseId);
    }

    private void await(ShadowAnswer answer) {
        forget(answer.responseId());
        waiting.putLast(answer.responseId(), answer);
        characters += characters(answer);
        while (waiting.size() > MOST_WAITING || characters > MOST_CHARACTERS) {
            leave(waiting.firstEntry().getKey());
        }
    }

    private void forget(String id) {
        ShadowAnswer old = waiting.remove(id);
        if (old != null) {
            characters -= characters(old);
        }
    }

    private static long characters(ShadowAnswer answer) {
        return (long) answer.served().text().length()
                + answer.shadow().text().length()
                + answer.messages().stream()
                        .mapToLong(message -> message.content().length())
                        .sum();
    }

    /** Nobody is going to judge the pair of this response. */
    synchronized void leave(String responseId) {
        ShadowAnswer left = waiting.get(responseId);
        if (left != null) {
            forget(responseId);
            lost.merge(Pair.of(left), 1, Integer::sum);
        }
    }

    /** Nobody is going to judge what waits for the judge of a release that is none of {@code known} by its checkpoint's sha256. */
    public synchronized void leaveAllBut(Set<String> known) {
        List.copyOf(waiting.values()).stream()
                .filter(answer -> !known.contains(answer.shadow().model()))
                .forEach(answer -> leave(answer.responseId()));
    }

    /** What waits for the judge of the release whose checkpoint has this sha256, the oldest first. */
    public synchronized List<ShadowAnswer> waiting(String shadow) {
        return waiting.values().stream()
                .filter(answer -> answer.shadow().model().equals(shadow))
                .toList();
    }

    /** Each pair of releases of which there is something to tell, the one judged last first. */
    public synchronized List<Comparison> comparisons() {
        SequencedMap<Pair, List<ShadowAnswer.Judgement>> judgements = new LinkedHashMap<>();
        judged.sequencedValues().reversed().forEach(one -> judgements
                .computeIfAbsent(one.pair, pair -> new ArrayList<>())
                .add(one.judgement));
        Stream.concat(waiting.values().stream().map(Pair::of), lost.keySet().stream())
                .forEach(pair -> judgements.computeIfAbsent(pair, none -> new ArrayList<>()));
        return judgements.entrySet().stream()
                .map(entry -> Comparison.of(
                        entry.getKey(),
                        entry.getValue(),
                        (int) waiting.values().stream()
                                .filter(answer -> Pair.of(answer).equals(entry.getKey()))
                                .count(),
                        lost.getOrDefault(entry.getKey(), 0)))
                .toList();
    }

    /** The newest pairs that are judged, the newest first. */
    public synchronized List<ShadowAnswer> newest() {
        return List.copyOf(shown.sequencedValues().reversed());
    }
}
