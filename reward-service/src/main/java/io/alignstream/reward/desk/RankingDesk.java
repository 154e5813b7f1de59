package io.alignstream.reward.desk;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.kept.KeptBitSets;
import io.alignstream.stageruntime.kept.KeptState;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * What is asked and what is answered: the ranking requests, who has ranked them, and who is ranking them now;
 * thread-safe.
 *
 * <p>Filled by the topics' handlers, read by the comparison and by the pages; what nobody has in hand lies on the disk. Of an annotator's rankings of a request the
 * last one counts. A request goes to at most {@code overlap} people: who is given one holds a lease of it, and one place is
 * taken until the ranking comes or the lease ends. So there are never more leases than places. Gold requests go to
 * everybody, blind among the others. Of requests that a call is not about it looks at a bit each, at most.
 */
public class RankingDesk {

    /** The names of simulated annotators begin so. */
    public static final String SIMULATED = "simulated-";

    /** Requests that are compared, at most: the newest ones. */
    static final int MAX_COMPARED = 2_000;

    private static final String GOLD = "desk.gold";
    /** Of the tables, in steps greater than any overlap. */
    private static final int FORMAT = 1_000_000;

    private final int overlap;
    private final Duration lease;
    private final InstantSource clock;

    private final AskedRequests asked;
    /** By their numbers, whether people are to rank them or not. */
    private final KeptBitSets gold;

    private final OpenRequests open;
    private final EarlyRankings early;
    private final Drafts drafts = new Drafts();
    private final Tally tally;
    /** Requests that were not asked because the model has no two different answers; no more than there are prompts. */
    private final Set<String> alike = new HashSet<>();

    private long changes;
    private Training training = new Training(List.of(), 0, OptionalDouble.empty());
    /** Where in the topic that ends which the newest reward model has learned. */
    private Map<Integer, Long> learnedEnds = Map.of();

    /**
     * An empty desk.
     *
     * @param overlap how many people rank a request, 1 or more
     * @param lease for how long a request is kept for whom it was given to
     * @param goldShare of what an annotator is given that is gold, while there is some; 0 to 1
     * @param state keeps what is not in somebody's hands
     */
    public RankingDesk(int overlap, Duration lease, double goldShare, InstantSource clock, KeptState state) {
        this.overlap = overlap;
        this.lease = lease;
        this.clock = clock;
        this.asked = new AskedRequests(state);
        this.gold = new KeptBitSets(state, GOLD);
        this.open = new OpenRequests(overlap, lease, new GoldTurns(goldShare), asked, state);
        this.early = new EarlyRankings(state);
        this.tally = new Tally(state);
    }

    /** What is kept means another thing with another version: how often a request is ranked is part of it. */
    public int version() {
        return FORMAT + overlap;
    }

    /** Goes on from what {@link #save} has left; once, before the first event. */
    public synchronized void restore() {
        gold.restore();
        early.restore();
        tally.restore();
        open.restore();
    }

    /** Puts into the tables what is in memory only: which requests wait, and for whom. */
    public synchronized void save() {
        gold.save();
        tally.save();
        open.save();
        asked.save();
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

        /** It is to be published, and {@link RankingDesk#over} called when that has succeeded or failed. */
        record Accepted(Publication publication) implements Receipt {}

        /** Somebody else is publishing it: only when that is over can be said what becomes of it. */
        record OnItsWay(Publication publication) implements Receipt {}

        /** The topic has it: nothing is to be done. */
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
        add(request, DistinctAnswers.of(request.answers()));
    }

    private synchronized void add(RankingRequest request, DistinctAnswers distinct) {
        String id = request.requestId();
        Asked before = asked.get(id);
        if (before != null && asked.request(id).equals(request)) {
            return;
        }
        List<Said> known = before == null
                ? early.take(id).stream()
                        .map(ranking -> new Said(ranking.ranking(), ranking.counted()))
                        .toList()
                : before.counted().values().stream()
                        .map(counted -> said(id, counted))
                        .toList();
        remove(id);
        Asked added = Asked.of(request, distinct, asked.number());
        asked.add(added, request);
        if (added.isGold()) {
            gold.set(GOLD, added.number());
        }
        open.add(added);
        changes++;
        known.stream()
                .filter(one -> fits(one.ranking(), added))
                .forEach(one -> count(added, one.ranking(), one.counted()));
    }

    /** What the topic says of an annotator and a request, and where. */
    private record Said(Ranking ranking, Counted counted) {}

    private Said said(String requestId, Counted counted) {
        return new Said(asked.ranking(requestId, counted.annotator()).orElseThrow(), counted);
    }

    /** Withdraws a request: rankings of it no longer count. */
    public synchronized void withdrawRequest(String requestId) {
        early.take(requestId);
        remove(requestId);
    }

    private void remove(String requestId) {
        Asked removed = asked.get(requestId);
        if (removed != null) {
            List.copyOf(removed.counted().keySet()).forEach(annotator -> withdraw(removed, annotator));
            open.remove(removed);
            gold.clear(GOLD, removed.number());
            asked.remove(removed);
            drafts.removeAll(requestId);
            changes++;
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
            early.add(ranking, Counted.of(ranking, origin));
        }
        if (fault.isPresent()) {
            throw new PoisonEventException(fault.get());
        }
        if (of != null) {
            count(of, ranking, Counted.of(ranking, origin));
        }
    }

    private void count(Asked of, Ranking ranking, Counted counted) {
        String annotator = counted.annotator();
        if (of.leases().contains(annotator)) {
            open.release(annotator);
        }
        withdraw(of, annotator);
        drafts.remove(of.id(), annotator);
        changing(of, () -> of.count(ranking, counted));
        asked.put(ranking);
        asked.write(of);
        tally.add(of, counted);
    }

    private boolean withdraw(Asked of, String annotator) {
        Counted before = of.counted().get(annotator);
        if (before == null) {
            return false;
        }
        changing(of, () -> of.withdraw(annotator));
        asked.removeRanking(of.id(), annotator);
        asked.write(of);
        tally.remove(of, before);
        return true;
    }

    private void changing(Asked of, Runnable change) {
        Fate before = of.fate();
        open.changing(of, change);
        if (of.fate() != before) {
            changes++;
        }
    }

    /** Withdraws the ranking with a record key of {@link Topic#RANKINGS}. */
    public synchronized void withdrawRanking(String key) {
        for (int slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
            String annotator = key.substring(slash + 1);
            early.remove(key.substring(0, slash), annotator);
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
        return fits(ranking, of)
                ? Optional.empty()
                : Optional.of(Reason.of("poison.otherAnswers")
                        .with("ordered", ranking.answerCount())
                        .with("request", ranking.requestId())
                        .with("answers", of.answers()));
    }

    private static boolean fits(Ranking ranking, Asked of) {
        return ranking.abstention() != null || ranking.answerCount() == of.answers();
    }

    /**
     * Leases a request to {@code annotator}: the one that the annotator has, else one that the annotator has begun to rank,
     * else a gold one in the share that is wanted, else one that is open to the annotator, the least ranked first, among
     * those the newest.
     */
    public synchronized Optional<RankingRequest> next(String annotator) {
        Instant now = clock.instant();
        Optional<Asked> next = open.leasedTo(annotator, now)
                .filter(held -> open.isOpenTo(held, annotator))
                .or(() -> begun(annotator))
                .or(() -> open.next(annotator, now));
        next.ifPresent(one -> open.lease(one, annotator, now));
        return next.map(one -> asked.request(one.id()));
    }

    /** What {@code annotator} has left a draft of and may still rank. */
    private Optional<Asked> begun(String annotator) {
        return drafts.requests(annotator).stream()
                .map(asked::get)
                .filter(Objects::nonNull)
                .filter(one -> !one.isSettledBy(annotator) && open.isOpenTo(one, annotator))
                .findFirst();
    }

    /** For how long a request is kept for whom it was given to. */
    Duration lease() {
        return lease;
    }

    /** How many requests {@code annotator} will be given as things stand, one that the annotator has counted. */
    public synchronized int remaining(String annotator) {
        return open.remaining(annotator, clock.instant());
    }

    /** What {@code annotator} has saved of a request. */
    public synchronized Optional<Draft> draft(String requestId, String annotator) {
        return drafts.of(requestId, annotator);
    }

    /**
     * Saves what {@code annotator} has done so far with a request and keeps the request for the annotator from now on: for
     * longer, or again if that time was over and there is still a place.
     *
     * @return why not
     */
    public synchronized Optional<Reason> save(String requestId, String annotator, Draft draft) {
        Instant now = clock.instant();
        Optional<Asked> held = open.leasedTo(annotator, now);
        Asked of = asked.get(requestId);
        if (of == null
                || of.isSettledBy(annotator)
                || held.filter(one -> one != of).isPresent()
                || of.distinct().count() != draft.answers()) {
            return Optional.of(
                    Reason.of("refusal.notGiven").with("request", requestId).with("name", annotator));
        }
        if (!open.isOpenTo(of, annotator)) {
            return Optional.of(rankedByOthers(of));
        }
        drafts.save(requestId, annotator, draft);
        open.lease(of, annotator, now);
        return Optional.empty();
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
        Optional<Ranking> before = newest(of, ranking.annotator());
        if (before.isPresent() && before.get().equals(ranking)) {
            Publication sent = of.onTheirWay().get(ranking.annotator());
            return sent == null || sent.hasSucceeded() ? new Receipt.Known() : new Receipt.OnItsWay(sent);
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
        Publication sent = new Publication(ranking);
        changing(of, () -> of.onTheirWay().put(ranking.annotator(), sent));
        return new Receipt.Accepted(sent);
    }

    /** The newest that is known of a request and an annotator. */
    private Optional<Ranking> newest(Asked of, String annotator) {
        Publication sent = of.onTheirWay().get(annotator);
        return sent == null ? asked.ranking(of.id(), annotator) : Optional.of(sent.ranking());
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
                : Optional.of(rankedByOthers(of));
    }

    private Reason rankedByOthers(Asked of) {
        return Reason.of("refusal.rankedByOthers").with("request", of.id()).with("people", overlap);
    }

    private Optional<Reason> refusalOfAbstention(Ranking ranking, Asked of) {
        return open.leasedTo(ranking.annotator(), clock.instant())
                        .filter(held -> held == of)
                        .isPresent()
                ? Optional.empty()
                : Optional.of(Reason.of("refusal.notGiven")
                        .with("request", ranking.requestId())
                        .with("name", ranking.annotator()));
    }

    /** Takes note that a publication is over; one that has not succeeded is taken back. */
    public synchronized void over(Publication publication, boolean succeeded) {
        Ranking ranking = publication.ranking();
        Asked of = asked.get(ranking.requestId());
        if (of != null && !succeeded && of.onTheirWay().get(ranking.annotator()) == publication) {
            changing(of, () -> of.onTheirWay().remove(ranking.annotator()));
        }
        publication.end(succeeded);
    }

    /** Number of rankings that count. */
    public int rankings() {
        return rankingsBesides(List.of());
    }

    /** Number of rankings that count and do not stand in {@code datasets}; a correction of one that does is new. */
    public synchronized int rankingsBesides(List<DatasetSnapshot> datasets) {
        return tally.besides(datasets);
    }

    /** Tells what the next training waits for. */
    public synchronized void await(Training next) {
        if (!next.learned().equals(training.learned())) {
            learnedEnds = Positions.ends(next.learned());
            changes++;
        }
        training = next;
    }

    /** How much there is to rank and how much is ranked. */
    public synchronized Progress progress() {
        return new Progress(
                asked.size() - gold.get(GOLD).cardinality(),
                rankings(),
                rankingsBesides(training.learned()),
                training.needed(),
                alike.size(),
                tally.abstentions());
    }

    /**
     * The progress as annotators see it: judgements of gold requests are counted, too, as they would not be blind if
     * nothing moved after them. But before there is enough without them, it is never said to be enough.
     */
    synchronized Progress blindProgress() {
        Progress known = progress();
        int there = known.there() + tally.goldBesides(training.learned());
        return new Progress(
                known.requests(),
                known.rankings() + tally.goldBesides(List.of()),
                known.there() < known.needed() ? Math.min(there, known.needed() - 1) : there,
                known.needed(),
                known.alike(),
                known.abstentions());
    }

    /** How far the annotators agree about the newest requests that two or more have judged. */
    public Agreement agreement() {
        return Agreement.of(this);
    }

    /** The newest requests that two or more have judged, at most {@value #MAX_COMPARED}. */
    List<Judged> shared() {
        return judged(newestShared());
    }

    private synchronized List<String> newestShared() {
        return tally.shared().reversed();
    }

    /** The newest gold requests, at most {@value #MAX_COMPARED}. */
    List<Judged> gold() {
        return judged(newestGold());
    }

    private synchronized List<String> newestGold() {
        List<String> newest = new ArrayList<>();
        BitSet all = gold.get(GOLD);
        for (int number = all.length() - 1;
                number >= 0 && newest.size() < MAX_COMPARED;
                number = all.previousSetBit(number - 1)) {
            newest.add(asked.at(number).id());
        }
        return newest;
    }

    /** One by one, so that nobody waits at the desk meanwhile. */
    private List<Judged> judged(List<String> requests) {
        return requests.stream().map(this::judged).flatMap(Optional::stream).toList();
    }

    private synchronized Optional<Judged> judged(String requestId) {
        return Optional.ofNullable(asked.get(requestId))
                .map(one -> new Judged(
                        asked.request(requestId),
                        one.distinct(),
                        one.counted().values().stream()
                                .filter(Counted::judges)
                                .map(counted -> said(requestId, counted).ranking())
                                .toList()));
    }

    /** The accuracy of the newest SFT model's reward model. */
    synchronized OptionalDouble accuracy() {
        return training.accuracy();
    }

    /** What has become of a request. */
    public enum Fate {
        /** It may be asked. */
        OPEN,
        /** It waits for a ranking or has one. */
        ASKED,
        /**
         * The reward model has learned what a person said of it: others may be asked besides. What simulated annotators said
         * asks for no more.
         */
        LEARNED,
        /** Somebody could not judge it, or there are no two different answers: another one may be asked instead. */
        REPLACED
    }

    /** What has become of the request {@code requestId}. */
    public synchronized Fate fate(String requestId) {
        Asked one = asked.get(requestId);
        if (one != null) {
            return one.fate() == Fate.ASKED && one.isLearned(learnedEnds) ? Fate.LEARNED : one.fate();
        }
        return alike.contains(requestId) ? Fate.REPLACED : Fate.OPEN;
    }

    /** Whether the topic holds the request {@code requestId}. */
    public synchronized boolean asks(String requestId) {
        return asked.get(requestId) != null;
    }

    /** The requests that were not asked, as the model has no two different answers. */
    public synchronized Set<String> alike() {
        return Set.copyOf(alike);
    }

    /** How often the fate of any request has changed: as long as this stays the same, so do all of them. */
    public synchronized long changes() {
        return changes;
    }

    /** Notes that a request was not asked, as the model has no two different answers. Until the next start. */
    public synchronized void addAlike(String requestId) {
        if (alike.add(requestId)) {
            changes++;
        }
    }
}
