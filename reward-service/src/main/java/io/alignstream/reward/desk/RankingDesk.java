package io.alignstream.reward.desk;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.random.SeededRandom;
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
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is asked and what is answered: the ranking requests, who has ranked them, and who is ranking them now;
 * thread-safe.
 *
 * <p>Filled by the topics' handlers, read by the comparison and by the pages. Of an annotator's rankings of a request the
 * last one counts. A request goes to at most {@code overlap} people: who is given one holds a lease of it, and one place is
 * taken until the ranking comes or the lease ends. So there are never more leases than places. Gold requests go to
 * everybody, blind among the others. No call looks at all requests.
 */
public class RankingDesk {

    /** The names of simulated annotators begin so. */
    public static final String SIMULATED = "simulated-";

    /** Requests that are compared, at most: the newest ones. */
    static final int MAX_COMPARED = 2_000;

    private static final int MAX_EARLY = 10_000;

    private final int overlap;
    private final double goldShare;
    private final InstantSource clock;

    private final Map<String, Asked> asked = new HashMap<>();
    private final SequencedMap<String, Asked> gold = new LinkedHashMap<>();
    /** Requests that two or more have judged, the newest {@value #MAX_COMPARED} by when the second judgement came. */
    private final SequencedMap<String, Asked> shared = new LinkedHashMap<>();

    private final OpenRequests open;
    /** Rankings of requests that nobody has asked so far: by request and annotator. */
    private final SequencedMap<String, Map<String, Counted>> early = new LinkedHashMap<>();
    /** Requests that were not asked because the model has no two different answers; no more than there are prompts. */
    private final Set<String> alike = new HashSet<>();

    private final Positions positions = new Positions();
    private final Map<String, Integer> abstentions = new TreeMap<>();
    /** How many requests each annotator has settled. */
    private final Map<String, Integer> settled = new HashMap<>();

    private int rankings;
    private Training training = new Training(List.of(), 0, OptionalDouble.empty());

    /**
     * An empty desk.
     *
     * @param overlap how many people rank a request, 1 or more
     * @param lease for how long a request is kept for whom it was given to
     * @param goldShare of what an annotator is given that is gold, while there is some; 0 to 1
     */
    public RankingDesk(int overlap, Duration lease, double goldShare, InstantSource clock) {
        this.overlap = overlap;
        this.goldShare = goldShare;
        this.clock = clock;
        this.open = new OpenRequests(overlap, lease);
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
     * How much there is to rank and how much is ranked; gold requests and their rankings are not counted.
     *
     * @param requests that were asked
     * @param rankings that count, people's and recorded ones
     * @param there rankings that count for the next training
     * @param needed rankings that start it
     * @param alike prompts that were not asked, as the model has no two different answers to them
     * @param abstentions how often people could not judge, by cause
     */
    public record Progress(
            int requests, int rankings, int there, int needed, int alike, Map<String, Integer> abstentions) {

        public Progress {
            abstentions = Map.copyOf(abstentions);
        }
    }

    /** What becomes of a ranking that somebody sends. */
    public sealed interface Receipt {

        /** It is to be published, and {@link RankingDesk#failed} called if that fails. */
        record Accepted() implements Receipt {}

        /** It is there already: nothing is to be done. */
        record Known() implements Receipt {}

        /** It is not taken. */
        record Refused(Reason reason) implements Receipt {}
    }

    /** A request and the judgements of it that count. */
    record Judged(RankingRequest request, DistinctAnswers answers, List<Ranking> rankings) {

        Judged {
            rankings = List.copyOf(rankings);
        }

        /** The place of each different answer in each ranking. */
        List<double[]> places() {
            return rankings.stream().map(answers::places).toList();
        }
    }

    /**
     * Takes in a request, and rankings of it that came before.
     *
     * <p>Those have gone to the dead letters by now, but a restart, which reads the requests first, would count them: what
     * counts must not depend on when it was read.
     */
    public void add(RankingRequest request) {
        // Compares the answers, which takes the longest: before the lock.
        add(request, new Asked(request));
    }

    private synchronized void add(RankingRequest request, Asked added) {
        Asked before = asked.get(request.requestId());
        if (before != null && before.request().equals(request)) {
            return;
        }
        Map<String, Counted> waiting = before == null ? early.remove(request.requestId()) : before.counted();
        List<Counted> known = waiting == null ? List.of() : List.copyOf(waiting.values());
        remove(request.requestId());
        asked.put(request.requestId(), added);
        if (added.isGold()) {
            gold.put(request.requestId(), added);
        }
        open.add(added);
        known.stream().filter(counted -> fits(counted.ranking(), request)).forEach(counted -> count(added, counted));
    }

    /** Withdraws a request: rankings of it no longer count. */
    public synchronized void withdrawRequest(String requestId) {
        early.remove(requestId);
        remove(requestId);
    }

    private void remove(String requestId) {
        Asked removed = asked.remove(requestId);
        if (removed != null) {
            List.copyOf(removed.counted().keySet()).forEach(annotator -> withdraw(removed, annotator));
            open.remove(removed);
            gold.remove(requestId);
        }
    }

    /**
     * Takes in a ranking or an abstention.
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
            count(of, new Counted(ranking, origin));
        }
    }

    private void count(Asked of, Counted counted) {
        String annotator = counted.ranking().annotator();
        if (of.leases().contains(annotator)) {
            open.release(annotator);
        }
        withdraw(of, annotator);
        open.changing(of, () -> {
            of.onTheirWay().remove(annotator, counted.ranking());
            of.count(counted);
        });
        settled.merge(annotator, 1, Integer::sum);
        if (counted.judges() && !of.isGold()) {
            positions.add(counted);
            rankings++;
            if (of.judgements() > 1) {
                shared.putIfAbsent(of.request().requestId(), of);
            }
            if (shared.size() > MAX_COMPARED) {
                shared.pollFirstEntry();
            }
        } else if (counted.ranking().abstention() != null) {
            abstentions.merge(counted.ranking().abstention().cause().id(), 1, Integer::sum);
        }
    }

    private boolean withdraw(Asked of, String annotator) {
        Counted before = of.counted().get(annotator);
        if (before == null) {
            return false;
        }
        open.changing(of, () -> of.withdraw(annotator));
        settled.computeIfPresent(annotator, RankingDesk::less);
        if (before.judges() && !of.isGold()) {
            positions.remove(before);
            rankings--;
            if (of.judgements() < 2) {
                shared.remove(of.request().requestId());
            }
        } else if (before.ranking().abstention() != null) {
            abstentions.computeIfPresent(before.ranking().abstention().cause().id(), RankingDesk::less);
        }
        return true;
    }

    private static @Nullable Integer less(String name, Integer count) {
        return count > 1 ? count - 1 : null;
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
            if (of != null && withdraw(of, annotator)) {
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
        return ranking.abstention() != null
                || ranking.answerCount() == request.answers().size();
    }

    /**
     * Leases a request to {@code annotator}: the one that the annotator has, else a gold one in the share that is wanted,
     * else one that is open to the annotator, the least ranked first, among those the newest.
     */
    public synchronized Optional<RankingRequest> next(String annotator) {
        Instant now = clock.instant();
        Optional<Asked> next = open.leaseOf(annotator, now)
                .map(OpenRequests.Lease::asked)
                .filter(held -> open.isStillOpen(held, annotator));
        if (next.isEmpty()) {
            // Gold only while there is something else, too: on its own it would not be blind.
            next = open.next(annotator, now).map(ordinary -> goldFor(annotator).orElse(ordinary));
        }
        next.ifPresent(asked -> open.lease(asked, annotator, now));
        return next.map(Asked::request);
    }

    /** The gold request whose turn it is, if it is the turn of one. */
    private Optional<Asked> goldFor(String annotator) {
        int done = settled.getOrDefault(annotator, 0);
        boolean isTurn = SeededRandom.of(0, "gold for " + annotator, done).nextDouble() < goldShare;
        return isTurn
                ? gold.values().stream()
                        .filter(one -> one.isForPeople() && one.by(annotator).isEmpty())
                        .findFirst()
                : Optional.empty();
    }

    /** How many requests are open to {@code annotator}, one that the annotator has counted. */
    public synchronized int remaining(String annotator) {
        return open.remaining(annotator, clock.instant());
    }

    /** What {@code annotator} has saved of the request that is kept for the annotator. */
    public synchronized Optional<Draft> draft(String annotator) {
        return open.leaseOf(annotator, clock.instant()).map(OpenRequests.Lease::draft);
    }

    /**
     * Saves what {@code annotator} has done so far with the request that is kept for the annotator, which is kept for
     * longer then.
     *
     * @return whether it is, and has that many different answers
     */
    public synchronized boolean save(String requestId, String annotator, Draft draft) {
        Instant now = clock.instant();
        Optional<Asked> held = open.leaseOf(annotator, now)
                .map(OpenRequests.Lease::asked)
                .filter(one -> one.request().requestId().equals(requestId))
                .filter(one -> one.distinct().count() == draft.answers());
        held.ifPresent(one -> open.save(one, annotator, draft, now));
        return held.isPresent();
    }

    /**
     * Decides on a ranking that somebody sends, and takes its place in the request. The same ranking twice is one act; a
     * changed one has to say that it is a {@code correction}. Only who has been given a request may say that it cannot be
     * judged: so names that somebody makes up take it from nobody.
     */
    public synchronized Receipt receive(Ranking ranking, boolean correction) {
        Optional<Reason> fault = fault(ranking);
        Asked of = asked.get(ranking.requestId());
        if (fault.isPresent() || of == null) {
            return new Receipt.Refused(fault.orElseThrow());
        }
        Optional<Ranking> before = of.by(ranking.annotator());
        if (before.isPresent() && before.get().equals(ranking)) {
            return new Receipt.Known();
        }
        Optional<Reason> refusal = ranking.abstention() == null
                ? refusal(ranking, of, before, correction)
                : refusalOfAbstention(ranking, of);
        if (refusal.isPresent()) {
            return new Receipt.Refused(refusal.get());
        }
        if (of.leases().contains(ranking.annotator())) {
            open.release(ranking.annotator());
        }
        open.changing(of, () -> of.onTheirWay().put(ranking.annotator(), ranking));
        return new Receipt.Accepted();
    }

    private Optional<Reason> refusal(Ranking ranking, Asked of, Optional<Ranking> before, boolean correction) {
        if (!of.distinct().areTiedIn(ranking)) {
            return Optional.of(Reason.of("refusal.sameAnswers")
                    .with("request", ranking.requestId())
                    .with("groups", of.distinct().groups().toString()));
        }
        if (before.isPresent() && !correction) {
            return Optional.of(Reason.of("refusal.rankedBefore").with("request", ranking.requestId()));
        }
        open.expire(clock.instant());
        boolean hasPlace =
                of.isGold() || before.filter(one -> one.abstention() == null).isPresent();
        return hasPlace || of.takenByOthers(ranking.annotator()) < overlap
                ? Optional.empty()
                : Optional.of(Reason.of("refusal.rankedByOthers")
                        .with("request", ranking.requestId())
                        .with("people", overlap));
    }

    private Optional<Reason> refusalOfAbstention(Ranking ranking, Asked of) {
        return open.leaseOf(ranking.annotator(), clock.instant())
                        .filter(lease -> lease.asked() == of)
                        .isPresent()
                ? Optional.empty()
                : Optional.of(Reason.of("refusal.notGiven")
                        .with("request", ranking.requestId())
                        .with("name", ranking.annotator()));
    }

    /** Takes back that {@code ranking}, which was accepted, is on its way. */
    public synchronized void failed(Ranking ranking) {
        Asked of = asked.get(ranking.requestId());
        if (of != null) {
            open.changing(of, () -> of.onTheirWay().remove(ranking.annotator(), ranking));
        }
    }

    /** Number of rankings that count. */
    public synchronized int rankings() {
        return rankings;
    }

    /** Number of rankings that count and do not stand in {@code datasets}; a correction of one that does is new. */
    public synchronized int rankingsBesides(List<DatasetSnapshot> datasets) {
        return positions.besides(datasets);
    }

    /** Tells what the next training waits for. */
    public synchronized void await(Training next) {
        training = next;
    }

    /** How much there is to rank and how much is ranked. */
    public synchronized Progress progress() {
        return new Progress(
                asked.size() - gold.size(),
                rankings,
                rankingsBesides(training.learned()),
                training.needed(),
                alike.size(),
                abstentions);
    }

    /** How far the annotators agree about the newest requests that two or more have judged. */
    public Agreement agreement() {
        return Agreement.of(this);
    }

    /** The newest requests that two or more have judged, at most {@value #MAX_COMPARED}. */
    synchronized List<Judged> shared() {
        return judged(shared);
    }

    /** The newest gold requests, at most {@value #MAX_COMPARED}. */
    synchronized List<Judged> gold() {
        return judged(gold);
    }

    private static List<Judged> judged(SequencedMap<String, Asked> requests) {
        return requests.sequencedValues().reversed().stream()
                .limit(MAX_COMPARED)
                .map(one -> new Judged(
                        one.request(),
                        one.distinct(),
                        one.counted().values().stream()
                                .filter(Counted::judges)
                                .map(Counted::ranking)
                                .toList()))
                .toList();
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
            if (one != null && one.abstentions() == 0) {
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

    /** How many requests have been looked at to give people the next one. */
    synchronized long looks() {
        return open.looks();
    }
}
