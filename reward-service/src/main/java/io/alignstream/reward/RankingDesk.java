package io.alignstream.reward;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/**
 * What is asked and what is answered: the ranking requests and who has ranked them; thread-safe.
 *
 * <p>Filled by the topics' handlers, read by the comparison and by the ranking page. Of an annotator's rankings of a
 * request the last one counts.
 */
@ApplicationScoped
public class RankingDesk {

    private static final int MAX_EARLY = 10_000;

    private final SequencedMap<String, RankingRequest> requests = new LinkedHashMap<>();
    private final Map<String, Set<String>> annotators = new HashMap<>();
    private final Map<String, Set<String>> onTheirWay = new HashMap<>();
    /** Rankings of requests that nobody has asked so far: annotator → number of answers, by request. */
    private final SequencedMap<String, Map<String, Integer>> early = new LinkedHashMap<>();

    private int rankings;

    /**
     * Takes in a request, and rankings of it that came before.
     *
     * <p>Those have gone to the dead letters by now, but a restart, which reads the requests first, would count them: what
     * counts must not depend on when it was read.
     */
    synchronized void add(RankingRequest request) {
        requests.put(request.requestId(), request);
        Map<String, Integer> waiting = early.remove(request.requestId());
        if (waiting != null) {
            waiting.forEach((annotator, answers) -> {
                if (answers == request.answers().size()) {
                    count(request.requestId(), annotator);
                }
            });
        }
    }

    /** Withdraws a request: rankings of it no longer count. */
    synchronized void withdrawRequest(String requestId) {
        requests.remove(requestId);
        early.remove(requestId);
        rankings -= annotators.getOrDefault(requestId, Set.of()).size();
        annotators.remove(requestId);
    }

    /**
     * Takes in a ranking.
     *
     * @throws PoisonEventException if its request is unknown or has another number of answers
     */
    synchronized void add(Ranking ranking) throws PoisonEventException {
        Optional<Reason> fault = fault(ranking);
        if (fault.isPresent()) {
            if (!requests.containsKey(ranking.requestId())) {
                remember(ranking);
            }
            throw new PoisonEventException(fault.get());
        }
        Set<String> arriving = onTheirWay.get(ranking.requestId());
        if (arriving != null && arriving.remove(ranking.annotator()) && arriving.isEmpty()) {
            onTheirWay.remove(ranking.requestId());
        }
        count(ranking.requestId(), ranking.annotator());
    }

    private void count(String requestId, String annotator) {
        if (annotators.computeIfAbsent(requestId, id -> new HashSet<>()).add(annotator)) {
            rankings++;
        }
    }

    private void remember(Ranking ranking) {
        early.computeIfAbsent(ranking.requestId(), id -> new HashMap<>())
                .put(ranking.annotator(), ranking.answerCount());
        if (early.size() > MAX_EARLY) {
            early.pollFirstEntry();
        }
    }

    /** Notes that a ranking is on its way, so that its annotator is not asked again before the topic shows it. */
    synchronized void published(Ranking ranking) {
        onTheirWay.computeIfAbsent(ranking.requestId(), id -> new HashSet<>()).add(ranking.annotator());
    }

    /** Withdraws the ranking with a record key of {@link Topic#RANKINGS}. */
    synchronized void withdrawRanking(String key) {
        for (int slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
            String requestId = key.substring(0, slash);
            early.getOrDefault(requestId, new HashMap<>()).remove(key.substring(slash + 1));
            Set<String> of = annotators.get(requestId);
            if (of != null && of.remove(key.substring(slash + 1))) {
                rankings--;
                return;
            }
        }
    }

    /** Why a ranking cannot be taken, if so. */
    synchronized Optional<Reason> fault(Ranking ranking) {
        RankingRequest request = requests.get(ranking.requestId());
        if (request == null) {
            return Optional.of(Reason.of("poison.unknownRequest").with("request", ranking.requestId()));
        }
        return ranking.answerCount() == request.answers().size()
                ? Optional.empty()
                : Optional.of(Reason.of("poison.otherAnswers")
                        .with("ordered", ranking.answerCount())
                        .with("request", ranking.requestId())
                        .with("answers", request.answers().size()));
    }

    /** A request that {@code annotator} has not ranked: the least ranked first, among those the newest. */
    synchronized Optional<RankingRequest> next(String annotator) {
        return requests.values().stream()
                .filter(request -> !rankedBy(request, annotator))
                .reduce((best, later) ->
                        annotatorsOf(later).size() <= annotatorsOf(best).size() ? later : best);
    }

    /** How many requests {@code annotator} has not ranked. */
    synchronized long remaining(String annotator) {
        return requests.values().stream()
                .filter(request -> !rankedBy(request, annotator))
                .count();
    }

    private boolean rankedBy(RankingRequest request, String annotator) {
        return annotatorsOf(request).contains(annotator)
                || onTheirWay.getOrDefault(request.requestId(), Set.of()).contains(annotator);
    }

    private Set<String> annotatorsOf(RankingRequest request) {
        return annotators.getOrDefault(request.requestId(), Set.of());
    }

    /** Number of rankings that count. */
    public synchronized int rankings() {
        return rankings;
    }

    /** Number of requests. */
    public synchronized int requests() {
        return requests.size();
    }

    /** The ids among {@code ids} that have been asked. */
    synchronized List<String> asked(Collection<String> ids) {
        return ids.stream().filter(requests::containsKey).toList();
    }
}
