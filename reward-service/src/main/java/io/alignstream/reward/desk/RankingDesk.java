package io.alignstream.reward.desk;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.Origin;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.Set;

/**
 * What is asked and what is answered: the ranking requests, who has ranked them, and who is ranking them now;
 * thread-safe.
 *
 * <p>Filled by the topics' handlers, read by the comparison and by the ranking page. Of an annotator's rankings of a
 * request the last one counts. A request goes to at most {@code overlap} people: who is given one holds a lease of it,
 * and one place is taken until the ranking comes or the lease ends. So there are never more leases than places.
 */
public class RankingDesk {

    /** The names of simulated annotators begin so. */
    public static final String SIMULATED = "simulated-";

    private static final int MAX_EARLY = 10_000;
    /** A request that so many people cannot judge is given to nobody any more. */
    private static final int MAX_PASSED = 20;

    private final int overlap;
    private final Duration lease;
    private final InstantSource clock;

    private final SequencedMap<String, Asked> asked = new LinkedHashMap<>();
    /** Rankings of requests that nobody has asked so far: by request and annotator. */
    private final SequencedMap<String, Map<String, Counted>> early = new LinkedHashMap<>();
    /** Requests that were not asked because the model has no two different answers; no more than there are prompts. */
    private final Set<String> alike = new HashSet<>();

    private int rankings;
    private Training training = new Training(List.of(), 0, OptionalDouble.empty());

    /**
     * An empty desk.
     *
     * @param overlap how many people rank a request, 1 or more
     * @param lease for how long a request is kept for whom it was given to
     */
    public RankingDesk(int overlap, Duration lease, InstantSource clock) {
        this.overlap = overlap;
        this.lease = lease;
        this.clock = clock;
    }

    /** A ranking that counts, and where it stands in the topic. */
    private record Counted(Ranking ranking, int partition, long offset) {

        Counted(Ranking ranking, Origin origin) {
            this(ranking, origin.partition(), origin.offset());
        }

        boolean isIn(List<DatasetSnapshot> datasets) {
            return datasets.stream()
                    .filter(dataset -> dataset.topic().equals(Topic.RANKINGS.name()))
                    .flatMap(dataset -> dataset.partitions().stream())
                    .anyMatch(range -> range.partition() == partition && offset < range.end());
        }
    }

    /** A request and what became of it; by annotator. */
    private record Asked(
            RankingRequest request,
            DistinctAnswers answers,
            Map<String, Counted> rankings,
            Map<String, Ranking> onTheirWay,
            Map<String, Instant> leases,
            Set<String> passed) {

        static Asked of(RankingRequest request) {
            return new Asked(
                    request,
                    DistinctAnswers.of(request.answers()),
                    new LinkedHashMap<>(),
                    new HashMap<>(),
                    new HashMap<>(),
                    new HashSet<>());
        }

        Optional<Ranking> by(String annotator) {
            Counted counted = rankings.get(annotator);
            return Optional.ofNullable(onTheirWay.get(annotator))
                    .or(() -> Optional.ofNullable(counted).map(Counted::ranking));
        }

        /** Places that are taken: by rankings, and by others' leases. */
        int taken(String annotator, Instant now) {
            Set<String> people = new HashSet<>(rankings.keySet());
            people.addAll(onTheirWay.keySet());
            leases.values().removeIf(end -> !end.isAfter(now));
            people.addAll(leases.keySet());
            people.remove(annotator);
            return people.size();
        }

        /** Whether it is a question at all, and one that people are to answer. */
        boolean isForPeople() {
            return answers.count() > 1 && passed.size() < MAX_PASSED && !isRecorded();
        }

        /** Whether its answers were written for simulated annotators, and no model's. */
        private boolean isRecorded() {
            return request.model() == null
                    && rankings.keySet().stream().anyMatch(annotator -> annotator.startsWith(SIMULATED));
        }
    }

    /**
     * What the next training waits for.
     *
     * @param learned the datasets that a reward model of the newest SFT model has learned; empty if there is none
     * @param needed rankings that have to be there besides
     * @param accuracy of that reward model: part of the held-out pairs whose better answer scores higher
     */
    public record Training(List<DatasetSnapshot> learned, int needed, OptionalDouble accuracy) {

        public Training {
            learned = List.copyOf(learned);
        }
    }

    /**
     * How much there is to rank and how much is ranked.
     *
     * @param requests that were asked
     * @param rankings that count, people's and recorded ones
     * @param there rankings that count for the next training
     * @param needed rankings that start it
     * @param alike prompts that were not asked, as the model has no two different answers to them
     */
    public record Progress(int requests, int rankings, int there, int needed, int alike) {}

    /** What becomes of a ranking that somebody sends. */
    public sealed interface Receipt {

        /** It is to be published, and {@link RankingDesk#failed} called if that fails. */
        record Accepted() implements Receipt {}

        /** It is there already: nothing is to be done. */
        record Known() implements Receipt {}

        /** It is not taken. */
        record Refused(Reason reason) implements Receipt {}
    }

    /**
     * Takes in a request, and rankings of it that came before.
     *
     * <p>Those have gone to the dead letters by now, but a restart, which reads the requests first, would count them: what
     * counts must not depend on when it was read.
     */
    public synchronized void add(RankingRequest request) {
        Asked before = asked.get(request.requestId());
        if (before != null && before.request().equals(request)) {
            return;
        }
        Asked added = Asked.of(request);
        asked.put(request.requestId(), added);
        Map<String, Counted> waiting = early.remove(request.requestId());
        if (before != null) {
            rankings -= before.rankings().size();
            waiting = before.rankings();
        }
        if (waiting != null) {
            waiting.values().stream()
                    .filter(counted -> fits(counted.ranking(), request))
                    .forEach(counted -> count(added, counted));
        }
    }

    /** Withdraws a request: rankings of it no longer count. */
    public synchronized void withdrawRequest(String requestId) {
        early.remove(requestId);
        Asked withdrawn = asked.remove(requestId);
        if (withdrawn != null) {
            rankings -= withdrawn.rankings().size();
        }
    }

    /**
     * Takes in a ranking.
     *
     * @throws PoisonEventException if its request is unknown or has another number of answers
     */
    public synchronized void add(Ranking ranking, Origin origin) throws PoisonEventException {
        Optional<Reason> fault = fault(ranking);
        Asked of = asked.get(ranking.requestId());
        if (of == null) {
            remember(new Counted(ranking, origin));
        }
        if (fault.isPresent()) {
            throw new PoisonEventException(fault.get());
        }
        if (of != null) {
            of.onTheirWay().remove(ranking.annotator(), ranking);
            count(of, new Counted(ranking, origin));
        }
    }

    private void count(Asked of, Counted counted) {
        if (of.rankings().put(counted.ranking().annotator(), counted) == null) {
            rankings++;
        }
    }

    private void remember(Counted counted) {
        early.computeIfAbsent(counted.ranking().requestId(), id -> new HashMap<>())
                .put(counted.ranking().annotator(), counted);
        if (early.size() > MAX_EARLY) {
            early.pollFirstEntry();
        }
    }

    /** Withdraws the ranking with a record key of {@link Topic#RANKINGS}. */
    public synchronized void withdrawRanking(String key) {
        for (int slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
            String annotator = key.substring(slash + 1);
            early.getOrDefault(key.substring(0, slash), new HashMap<>()).remove(annotator);
            Asked of = asked.get(key.substring(0, slash));
            if (of != null && of.rankings().remove(annotator) != null) {
                rankings--;
                return;
            }
        }
    }

    private Optional<Reason> fault(Ranking ranking) {
        Asked of = asked.get(ranking.requestId());
        if (of == null) {
            return Optional.of(Reason.of("poison.unknownRequest").with("request", ranking.requestId()));
        }
        return fits(ranking, of.request())
                ? Optional.empty()
                : Optional.of(Reason.of("poison.otherAnswers")
                        .with("ordered", ranking.answerCount())
                        .with("request", ranking.requestId())
                        .with("answers", of.request().answers().size()));
    }

    private static boolean fits(Ranking ranking, RankingRequest request) {
        return ranking.answerCount() == request.answers().size();
    }

    /**
     * Leases a request to {@code annotator}: the one that the annotator has, else one that is open to the annotator, the
     * least ranked first, among those the newest.
     */
    public synchronized Optional<RankingRequest> next(String annotator) {
        Instant now = clock.instant();
        Asked next = null;
        for (Asked one : asked.values()) {
            if (!isOpen(one, annotator, now)) {
                continue;
            }
            if (one.leases().containsKey(annotator)) {
                next = one;
                break;
            }
            if (next == null || one.taken(annotator, now) <= next.taken(annotator, now)) {
                next = one;
            }
        }
        if (next != null) {
            next.leases().put(annotator, now.plus(lease));
        }
        return Optional.ofNullable(next).map(Asked::request);
    }

    /** How many requests are open to {@code annotator}, one that the annotator has counted. */
    public synchronized int remaining(String annotator) {
        Instant now = clock.instant();
        return (int) asked.values().stream()
                .filter(one -> isOpen(one, annotator, now))
                .count();
    }

    private boolean isOpen(Asked one, String annotator, Instant now) {
        return one.isForPeople()
                && one.by(annotator).isEmpty()
                && !one.passed().contains(annotator)
                && one.taken(annotator, now) < overlap;
    }

    /**
     * Decides on a ranking that somebody sends, and takes its place in the request. The same ranking twice is one act; a
     * changed one has to say that it is a {@code correction}.
     */
    public synchronized Receipt receive(Ranking ranking, boolean correction) {
        Optional<Reason> fault = fault(ranking);
        Asked of = asked.get(ranking.requestId());
        if (fault.isPresent() || of == null) {
            return new Receipt.Refused(fault.orElseThrow());
        }
        if (!of.answers().areTiedIn(ranking)) {
            return new Receipt.Refused(Reason.of("refusal.sameAnswers")
                    .with("request", ranking.requestId())
                    .with("groups", of.answers().groups().toString()));
        }
        Optional<Ranking> before = of.by(ranking.annotator());
        if (before.isPresent() && before.get().equals(ranking)) {
            return new Receipt.Known();
        }
        if (before.isPresent() && !correction) {
            return new Receipt.Refused(Reason.of("refusal.rankedBefore").with("request", ranking.requestId()));
        }
        if (before.isEmpty() && of.taken(ranking.annotator(), clock.instant()) >= overlap) {
            return new Receipt.Refused(Reason.of("refusal.rankedByOthers")
                    .with("request", ranking.requestId())
                    .with("people", overlap));
        }
        of.onTheirWay().put(ranking.annotator(), ranking);
        of.leases().remove(ranking.annotator());
        return new Receipt.Accepted();
    }

    /** Takes back that {@code ranking}, which was accepted, is on its way. */
    public synchronized void failed(Ranking ranking) {
        Asked of = asked.get(ranking.requestId());
        if (of != null) {
            of.onTheirWay().remove(ranking.annotator(), ranking);
        }
    }

    /**
     * Notes that {@code annotator} cannot judge a request, which then goes to others. Until the next start, as no topic
     * tells it.
     *
     * @return whether the annotator had been given the request
     */
    public synchronized boolean pass(String requestId, String annotator) {
        Asked of = asked.get(requestId);
        // Only who holds a lease may: so names that somebody makes up take no memory.
        return of != null
                && of.leases().remove(annotator) != null
                && of.passed().add(annotator);
    }

    /** Number of rankings that count. */
    public synchronized int rankings() {
        return rankings;
    }

    /** Number of rankings that count and do not stand in {@code datasets}; a correction of one that does is new. */
    public synchronized int rankingsBesides(List<DatasetSnapshot> datasets) {
        return (int) asked.values().stream()
                .flatMap(one -> one.rankings().values().stream())
                .filter(counted -> !counted.isIn(datasets))
                .count();
    }

    /** Tells what the next training waits for. */
    public synchronized void await(Training next) {
        training = next;
    }

    /** How much there is to rank and how much is ranked. */
    public synchronized Progress progress() {
        return new Progress(
                asked.size(), rankings, rankingsBesides(training.learned()), training.needed(), alike.size());
    }

    /** How far the annotators agree. */
    public synchronized Agreement agreement() {
        return Agreement.of(asked.values().stream()
                .filter(one -> one.rankings().size() > 1)
                .map(one -> one.rankings().values().stream()
                        .map(counted -> one.answers().places(counted.ranking()))
                        .toList())
                .toList());
    }

    /** The accuracy of the newest SFT model's reward model. */
    synchronized OptionalDouble accuracy() {
        return training.accuracy();
    }

    /**
     * What has become of the requests {@code ids}; those that are in neither set may be asked.
     */
    public synchronized Settled settled(Collection<String> ids) {
        Set<String> askedIds = new HashSet<>();
        Set<String> replaced = new HashSet<>();
        for (String id : ids) {
            Asked one = asked.get(id);
            if (one != null && one.passed().isEmpty()) {
                askedIds.add(id);
            } else if (one != null || alike.contains(id)) {
                replaced.add(id);
            }
        }
        return new Settled(askedIds, replaced);
    }

    /**
     * What has become of requests.
     *
     * @param asked wait for a ranking or have one
     * @param replaced somebody could not judge them, or there are no two different answers: others may be asked instead
     */
    public record Settled(Set<String> asked, Set<String> replaced) {}

    /** Notes that a request was not asked, as the model has no two different answers. Until the next start. */
    public synchronized void addAlike(String requestId) {
        alike.add(requestId);
    }
}
