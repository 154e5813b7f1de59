package io.alignstream.reward.desk;

import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/** A request and what became of it, by annotator; guarded by the desk. */
final class Asked {

    /** A request that so many people cannot judge is given to nobody any more. */
    private static final int MAX_ABSTENTIONS = 20;

    private final RankingRequest request;
    private final DistinctAnswers distinct;
    private final SequencedMap<String, Counted> counted = new LinkedHashMap<>(2);
    private final Map<String, Publication> onTheirWay = new HashMap<>(2);
    private final Set<String> leases = new HashSet<>(2);
    private int abstentions;

    Asked(RankingRequest request) {
        this.request = request;
        this.distinct = DistinctAnswers.of(request.answers());
    }

    RankingRequest request() {
        return request;
    }

    /** Its different answers. */
    DistinctAnswers distinct() {
        return distinct;
    }

    boolean isGold() {
        return request.tags().containsKey(RankingRequest.GOLD);
    }

    /** What the topic says, in its order. */
    SequencedMap<String, Counted> counted() {
        return counted;
    }

    /** Rankings that are accepted and not in the topic so far. */
    Map<String, Publication> onTheirWay() {
        return onTheirWay;
    }

    /** Who is ranking it now. */
    Set<String> leases() {
        return leases;
    }

    /** Takes in what the topic says: it is on its way no more. */
    void count(Counted ranking) {
        String annotator = ranking.ranking().annotator();
        withdraw(annotator);
        counted.put(annotator, ranking);
        if (!ranking.judges()) {
            abstentions++;
        }
        Publication sent = onTheirWay.get(annotator);
        if (sent != null && sent.ranking().equals(ranking.ranking())) {
            onTheirWay.remove(annotator);
        }
    }

    /** Takes back what the topic has said of an annotator, if anything. */
    void withdraw(String annotator) {
        Counted before = counted.remove(annotator);
        if (before != null && !before.judges()) {
            abstentions--;
        }
    }

    /** The newest that is known of {@code annotator}. */
    Optional<Ranking> by(String annotator) {
        Counted inTopic = counted.get(annotator);
        return Optional.ofNullable(onTheirWay.get(annotator))
                .map(Publication::ranking)
                .or(() -> Optional.ofNullable(inTopic).map(Counted::ranking));
    }

    /** Who has judged it or said that they cannot. */
    Set<String> settledBy() {
        Set<String> people = new HashSet<>(counted.keySet());
        people.addAll(onTheirWay.keySet());
        return people;
    }

    RankingDesk.Fate fate() {
        return abstentions == 0 ? RankingDesk.Fate.ASKED : RankingDesk.Fate.REPLACED;
    }

    /** Whether a person's judgement of it stands before the {@link Positions#ends} of what was learned. */
    boolean isLearned(Map<Integer, Long> ends) {
        return counted.values().stream()
                .anyMatch(one -> one.judges()
                        && one.isBefore(ends)
                        && !one.ranking().annotator().startsWith(RankingDesk.SIMULATED));
    }

    /** Number of judgements in the topic. */
    int judgements() {
        return counted.size() - abstentions;
    }

    /** Places that are taken by others than {@code annotator}: by judgements, and by leases. */
    int takenByOthers(String annotator) {
        int own = leases.contains(annotator)
                        || by(annotator).filter(Asked::judges).isPresent()
                ? 1
                : 0;
        return taken() - own;
    }

    /** Places that are taken. */
    int taken() {
        int taken = leases.size() + judgements();
        for (Map.Entry<String, Publication> sent : onTheirWay.entrySet()) {
            Counted before = counted.get(sent.getKey());
            taken += (judges(sent.getValue().ranking()) ? 1 : 0) - (before != null && before.judges() ? 1 : 0);
        }
        return taken;
    }

    private static boolean judges(Ranking ranking) {
        return ranking.abstention() == null;
    }

    /** Whether it is a question at all, and one that people are to answer. */
    boolean isForPeople() {
        return distinct.count() > 1 && abstentions < MAX_ABSTENTIONS && !isRecorded();
    }

    /** Whether its answers were written for simulated annotators, and no model's. */
    private boolean isRecorded() {
        return request.model() == null
                && counted.keySet().stream().anyMatch(annotator -> annotator.startsWith(RankingDesk.SIMULATED));
    }
}
