package io.alignstream.reward.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.kept.KeptState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RankingDeskTest {

    private static final Duration LEASE = Duration.ofMinutes(10);
    private static final Draft DRAFT = new Draft(List.of(2, 1), List.of("", ""), List.of("", "because"));

    private Instant now = Instant.EPOCH;
    private long offset;
    private final AtomicLong offsets = new AtomicLong();
    private final KeptState kept = KeptState.temporary();
    private final RankingDesk desk = new RankingDesk(1, LEASE, 0, () -> now, kept);
    private final List<Throwable> refusals = new ArrayList<>();

    @AfterEach
    void closeState() {
        kept.close();
    }

    @Test
    void whatCountsDoesNotDependOnTheOrderOfRequestAndRanking() throws Exception {
        // Given
        offerRankingsBeforeTheirRequest();

        // When
        desk.add(request("late"));

        // Then: once for each annotator, and only with the right number of answers
        assertThat(desk.rankings()).isEqualTo(1);
        assertThat(desk.remaining("ann")).isZero();
        assertThatNobodyAskedFor(3);
    }

    @Test
    void aRankingThatWaitedForItsRequestCountsOnceThoughItIsOfferedAgain() throws Exception {
        // Given
        offerRankingsBeforeTheirRequest();
        desk.add(request("late"));

        // When
        desk.add(ranking("late", "ann", 2), at(offset++));

        // Then
        assertThat(desk.rankings()).isEqualTo(1);
    }

    @Test
    void aWithdrawnRankingDoesNotWaitForItsRequest() {
        // Given
        offer(ranking("late", "ann", 2));

        // When
        desk.withdrawRanking("late/ann");
        desk.add(request("late"));

        // Then
        assertThat(desk.rankings()).isZero();
        assertThatNobodyAskedFor(1);
    }

    @Test
    void remembersBoundedlyManyRankingsWithoutARequest() {
        // When
        IntStream.rangeClosed(0, 10_000).forEach(i -> offer(ranking("unknown-" + i, "ann", 2)));
        desk.add(request("unknown-0"));
        desk.add(request("unknown-10000"));

        // Then: the oldest is forgotten
        assertThat(desk.rankings()).isEqualTo(1);
        assertThatNobodyAskedFor(10_001);
    }

    @Test
    void equalAnswersAreOneAnswerAndMustBeTied() {
        // Given
        desk.add(request("q", "Yes", "no", " Yes\n"));

        // When
        RankingDesk.Receipt apart = desk.receive(order("q", "ann", List.of(0), List.of(1), List.of(2)), false);
        RankingDesk.Receipt tied = desk.receive(order("q", "ann", List.of(1), List.of(2, 0)), false);

        // Then
        assertThat(apart).isInstanceOfSatisfying(RankingDesk.Receipt.Refused.class, refused -> assertThat(
                        refused.reason().code())
                .isEqualTo("refusal.sameAnswers"));
        assertThat(tied).isInstanceOf(RankingDesk.Receipt.Accepted.class);
    }

    @Test
    void nobodyIsAskedToRankOneAnswer() {
        // Given
        desk.add(request("q", "same", "same", "same "));

        // When
        Optional<RankingRequest> next = desk.next("ann");

        // Then
        assertThat(next).isEmpty();
        assertThat(desk.remaining("ann")).isZero();
    }

    @Test
    void caseIndentationAndExponentsMakeAnswersDifferent() {
        // Given
        List<String> answers = List.of("if x:\n  y", "if x:\n y", "x² = 4", "x2 = 4", "yes", "YES");

        // When
        DistinctAnswers distinct = DistinctAnswers.of(answers);

        // Then
        assertThat(distinct.count()).isEqualTo(6);
    }

    @Test
    void theSameRankingTwiceIsOneAct() throws Exception {
        // Given
        desk.add(request("q"));
        Ranking ranking = ranking("q", "ann", 2);
        Publication first = accepted(desk.receive(ranking, false));

        // When
        RankingDesk.Receipt onItsWay = desk.receive(ranking, false);
        desk.over(first, true);
        RankingDesk.Receipt published = desk.receive(ranking, false);
        desk.add(ranking, at(0));
        RankingDesk.Receipt read = desk.receive(ranking, true);

        // Then: as long as the topic may still refuse it nobody is told that it is there
        assertThat(onItsWay).isEqualTo(new RankingDesk.Receipt.OnItsWay(first));
        assertThat(List.of(published, read)).allMatch(RankingDesk.Receipt.Known.class::isInstance);
    }

    @Test
    void whatIsCountedIsKnownBeforeItsPublisherKnows() throws Exception {
        // Given
        desk.add(request("q"));
        Ranking ranking = ranking("q", "ann", 2);
        Publication publication = accepted(desk.receive(ranking, false));
        desk.add(ranking, at(0));

        // When
        desk.over(publication, false);

        // Then: the broker had it, though its answer was lost
        assertThat(desk.receive(ranking, false)).isInstanceOf(RankingDesk.Receipt.Known.class);
        assertThat(desk.rankings()).isEqualTo(1);
    }

    private static Publication accepted(RankingDesk.Receipt receipt) {
        return ((RankingDesk.Receipt.Accepted) receipt).publication();
    }

    @Test
    void aChangedRankingHasToSayThatItIsACorrection() throws Exception {
        // Given
        desk.add(request("q"));
        desk.add(ranking("q", "ann", 2), at(0));
        Ranking changed = order("q", "ann", List.of(1), List.of(0));

        // When
        RankingDesk.Receipt silent = desk.receive(changed, false);
        RankingDesk.Receipt said = desk.receive(changed, true);

        // Then
        assertThat(silent).isInstanceOfSatisfying(RankingDesk.Receipt.Refused.class, refused -> assertThat(
                        refused.reason().code())
                .isEqualTo("refusal.rankedBefore"));
        assertThat(said).isInstanceOf(RankingDesk.Receipt.Accepted.class);
        assertThat(desk.rankings()).isEqualTo(1);
    }

    @Test
    void aRankingThatWasNotPublishedMayBeSentAgain() {
        // Given
        desk.add(request("q"));
        Publication first = accepted(desk.receive(ranking("q", "ann", 2), false));

        // When
        desk.over(first, false);

        // Then
        assertThat(desk.receive(ranking("q", "ann", 2), false)).isInstanceOf(RankingDesk.Receipt.Accepted.class);
    }

    @Test
    void whatIsRecordedIsNotQueuedForPeople() throws Exception {
        // Given
        RankingDesk two = new RankingDesk(2, LEASE, 0, () -> now, kept);
        two.add(request("recorded"));
        two.add(request("open"));

        // When
        two.add(ranking("recorded", RankingDesk.SIMULATED + 1, 2), at(0));

        // Then
        assertThat(two.remaining("ann")).isEqualTo(1);
        assertThat(two.next("ann"))
                .hasValueSatisfying(next -> assertThat(next.requestId()).isEqualTo("open"));
    }

    @Test
    void whatIsLearnedCountsNoMoreButItsCorrectionDoes() throws Exception {
        // Given
        desk.add(request("q1"));
        desk.add(request("q2"));
        desk.add(ranking("q1", "ann", 2), at(0));
        desk.add(ranking("q2", "ann", 2), at(1));
        desk.await(new RankingDesk.Training(
                List.of(new DatasetSnapshot("rankings", List.of(new DatasetSnapshot.PartitionRange(0, 0, 2)))),
                5,
                OptionalDouble.empty()));

        // When
        desk.add(order("q2", "ann", List.of(1), List.of(0)), at(7));

        // Then
        assertThat(desk.progress()).isEqualTo(new RankingDesk.Progress(2, 2, 1, 5, 0, Map.of()));
    }

    @Test
    void aRequestIsKeptForWhomItWasGivenToUntilTheLeaseEnds() {
        // Given
        desk.add(request("q"));
        desk.next("ann");

        // When
        Optional<RankingRequest> meanwhile = desk.next("bob");
        Optional<RankingRequest> again = desk.next("ann");
        now = now.plus(LEASE);
        Optional<RankingRequest> afterwards = desk.next("bob");

        // Then
        assertThat(meanwhile).isEmpty();
        assertThat(again).isPresent();
        assertThat(afterwards).isPresent();
    }

    @Test
    void whoIsTooLateIsToldThatOthersHaveRanked() {
        // Given
        desk.add(request("q"));
        desk.next("ann");
        now = now.plus(LEASE);
        desk.next("bob");

        // When
        RankingDesk.Receipt late = desk.receive(ranking("q", "ann", 2), false);

        // Then
        assertThat(late).isInstanceOfSatisfying(RankingDesk.Receipt.Refused.class, refused -> assertThat(
                        refused.reason().code())
                .isEqualTo("refusal.rankedByOthers"));
    }

    @Test
    void whoCannotJudgeIsNotAskedAgainAndOthersAre() throws Exception {
        // Given
        desk.add(request("q"));
        desk.next("ann");

        // When
        RankingDesk.Receipt passed = desk.receive(abstention("q", "ann"), false);
        desk.add(abstention("q", "ann"), at(0));

        // Then
        assertThat(passed).isInstanceOf(RankingDesk.Receipt.Accepted.class);
        assertThat(desk.next("ann")).isEmpty();
        assertThat(desk.next("bob")).isPresent();
        assertThat(desk.fate("q")).isEqualTo(RankingDesk.Fate.REPLACED);
        assertThat(desk.progress()).isEqualTo(new RankingDesk.Progress(1, 0, 0, 0, 0, Map.of("language", 1)));
    }

    @Test
    void whoWasNotGivenARequestCannotAbstainFromIt() {
        // Given
        desk.add(request("q"));

        // When
        RankingDesk.Receipt receipt = desk.receive(abstention("q", "made-up"), false);

        // Then
        assertThat(receipt).isInstanceOfSatisfying(RankingDesk.Receipt.Refused.class, refused -> assertThat(
                        refused.reason().code())
                .isEqualTo("refusal.notGiven"));
    }

    @Test
    void afterARestartTheTopicTellsWhoCouldNotJudge() throws Exception {
        // Given: who abstained and judged later, too
        desk.add(request("q1"));
        desk.add(request("q2"));

        // When
        desk.add(abstention("q1", "ann"), at(0));
        desk.add(abstention("q2", "ann"), at(1));
        desk.add(ranking("q2", "ann", 2), at(2));

        // Then
        assertThat(desk.remaining("ann")).isZero();
        assertThat(desk.remaining("bob")).isEqualTo(1);
        assertThat(desk.progress()).isEqualTo(new RankingDesk.Progress(2, 1, 1, 0, 0, Map.of("language", 1)));
    }

    @Test
    void aDraftIsKeptForWhomTheRequestIs() {
        // Given
        desk.add(request("q"));
        desk.next("ann");
        Draft draft = new Draft(List.of(2, 1), List.of("", "5"), List.of("", "clear"));

        // When
        Optional<Reason> saved = desk.save("q", "ann", draft);
        Optional<Reason> others = desk.save("q", "bob", draft);
        Optional<Reason> otherSize =
                desk.save("q", "ann", new Draft(List.of(1, 1, 1), List.of("", "", ""), List.of("", "", "")));

        // Then
        assertThat(saved).isEmpty();
        assertThat(others).map(Reason::code).contains("refusal.rankedByOthers");
        assertThat(otherSize).map(Reason::code).contains("refusal.notGiven");
        assertThat(desk.draft("q", "ann")).contains(draft);
    }

    @Test
    void aDraftOutlivesItsLeaseAndIsTakenUpFirst() {
        // Given
        desk.add(request("begun"));
        desk.next("ann");
        desk.save("begun", "ann", DRAFT);
        now = now.plus(LEASE);
        desk.add(request("newer"));

        // When
        Optional<RankingRequest> next = desk.next("ann");

        // Then
        assertThat(next).map(RankingRequest::requestId).contains("begun");
        assertThat(desk.draft("begun", "ann")).contains(DRAFT);
    }

    @Test
    void savingKeepsARequestForLongerOrAgain() {
        // Given: an annotator who reads for long, and is away meanwhile
        desk.add(request("q"));
        desk.next("ann");
        now = now.plus(LEASE.dividedBy(2));
        desk.save("q", "ann", DRAFT);
        now = now.plus(LEASE.dividedBy(2));
        Optional<RankingRequest> whileReading = desk.next("bob");
        now = now.plus(LEASE);

        // When
        Optional<Reason> refusal = desk.save("q", "ann", DRAFT);

        // Then
        assertThat(whileReading).isEmpty();
        assertThat(refusal).isEmpty();
        assertThat(desk.next("bob")).isEmpty();
    }

    @Test
    void whatIsRankedHasNoDraftAndTakesNone() throws Exception {
        // Given
        desk.add(request("q"));
        desk.next("ann");
        desk.save("q", "ann", DRAFT);

        // When
        desk.add(ranking("q", "ann", 2), at(0));

        // Then
        assertThat(desk.draft("q", "ann")).isEmpty();
        assertThat(desk.save("q", "ann", DRAFT)).map(Reason::code).contains("refusal.notGiven");
    }

    @Test
    void boundedlyManyDraftsAreKept() {
        // Given
        Drafts drafts = new Drafts();

        // When
        IntStream.rangeClosed(0, 1_000).forEach(i -> drafts.save("q" + i, "ann", DRAFT));

        // Then
        assertThat(drafts.of("q0", "ann")).isEmpty();
        assertThat(drafts.requests("ann")).hasSize(1_000).startsWith("q1000", "q999");
    }

    @Test
    void goldGoesToEverybodyAmongOthersAndCountsForNobodysTraining() throws Exception {
        // Given
        RankingDesk half = new RankingDesk(1, LEASE, 0.5, () -> now, kept);
        IntStream.range(0, 40).forEach(i -> half.add(request("q" + i)));
        IntStream.range(0, 10).forEach(i -> half.add(gold("g" + i)));
        Map<String, Set<String>> given = new ConcurrentHashMap<>();

        // When
        IntStream.range(0, 8).forEach(i -> workOn(half, "ann", given));
        IntStream.range(0, 8).forEach(i -> workOn(half, "bob", given));

        // Then
        assertThat(given).hasSizeLessThan(16);
        assertThat(given.keySet()).anyMatch(id -> id.startsWith("g")).anyMatch(id -> id.startsWith("q"));
        long ordinary = given.keySet().stream().filter(id -> id.startsWith("q")).count();
        assertThat(half.progress().requests()).isEqualTo(40);
        assertThat(half.rankings()).isEqualTo((int) ordinary);
        assertThat(Review.of(half).annotators())
                .extracting(Review.Annotator::name, one -> one.accuracy().orElse(-1))
                .containsExactly(tuple("ann", 0.0), tuple("bob", 0.0));
    }

    /** Gold among others: what is left to do goes down by one each time, and so does the progress go up. */
    @Test
    void nothingThatAnAnnotatorSeesTellsWhatIsGold() throws Exception {
        // Given
        RankingDesk third = new RankingDesk(1, LEASE, 0.3, () -> now, kept);
        IntStream.range(0, 60).forEach(i -> third.add(request("q" + i)));
        IntStream.range(0, 12).forEach(i -> third.add(gold("g" + i)));
        List<Integer> remaining = new ArrayList<>();
        List<Integer> rankings = new ArrayList<>();
        List<String> given = new ArrayList<>();

        // When
        for (Optional<RankingRequest> next = third.next("ann"); next.isPresent(); next = third.next("ann")) {
            given.add(next.get().requestId());
            remaining.add(third.remaining("ann"));
            rankings.add(third.blindProgress().rankings());
            third.add(ranking(next.get().requestId(), "ann", 2), at(offset++));
        }

        // Then
        assertThat(given).filteredOn(id -> id.startsWith("g")).hasSizeBetween(6, 12);
        assertThat(given).filteredOn(id -> id.startsWith("q")).hasSize(60);
        assertThat(remaining)
                .isEqualTo(IntStream.iterate(given.size(), left -> left - 1)
                        .limit(given.size())
                        .boxed()
                        .toList());
        assertThat(rankings).isEqualTo(IntStream.range(0, given.size()).boxed().toList());
        assertThat(third.progress().rankings()).isEqualTo(60);
    }

    @Test
    void goldIsNeverSaidToBeEnoughForATraining() throws Exception {
        // Given
        desk.add(request("q"));
        desk.add(gold("g1"));
        desk.add(gold("g2"));
        desk.await(new RankingDesk.Training(List.of(), 2, OptionalDouble.empty()));

        // When
        desk.add(ranking("g1", "ann", 2), at(0));
        desk.add(ranking("g2", "ann", 2), at(1));

        // Then
        assertThat(desk.blindProgress().there()).isEqualTo(1);
        assertThat(desk.progress().there()).isZero();
    }

    private void workOn(RankingDesk shared, String annotator, Map<String, Set<String>> given) {
        String id = shared.next(annotator).orElseThrow().requestId();
        given.computeIfAbsent(id, any -> ConcurrentHashMap.newKeySet()).add(annotator);
        try {
            shared.add(ranking(id, annotator, 2), at(offset++));
        } catch (PoisonEventException e) {
            throw new AssertionError(e);
        }
    }

    /** Two people have ranked half of the requests each: looking at what one has ranked would take minutes. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void givingTheNextRequestIsQuickHoweverManyWaitAndAreSettled() throws Exception {
        // Given
        int half = 100_000;
        RankingDesk large = new RankingDesk(2, LEASE, 0.1, () -> now, kept);
        for (int i = 0; i < 2 * half; i++) {
            large.add(request("q" + i));
            large.add(ranking("q" + i, i < half ? "bob" : "ann", 2), at(offset++));
        }
        large.add(gold("g"));

        // When
        for (int turn = 0; turn < 5_000; turn++) {
            String id = large.next("ann").orElseThrow().requestId();
            large.remaining("ann");
            large.receive(ranking(id, "ann", 2), false);
            large.add(ranking(id, "ann", 2), at(offset++));
        }

        // Then
        assertThat(large.rankings()).isEqualTo(2 * half + 4_999);
        assertThat(large.remaining("ann")).isEqualTo(half - 4_999);
    }

    @Test
    void theLeastRankedGoesFirstAmongThoseTheNewest() throws Exception {
        // Given
        RankingDesk three = new RankingDesk(3, LEASE, 0, () -> now, kept);
        for (String id : List.of("old", "middle", "new", "mine")) {
            three.add(request(id));
        }
        three.add(ranking("new", "bob", 2), at(0));
        three.add(ranking("mine", "ann", 2), at(1));
        List<String> given = new ArrayList<>();

        // When
        for (Optional<RankingRequest> next = three.next("ann"); next.isPresent(); next = three.next("ann")) {
            given.add(next.get().requestId());
            three.add(ranking(given.getLast(), "ann", 2), at(2 + given.size()));
        }

        // Then
        assertThat(given).containsExactly("middle", "old", "new");
    }

    /** Each of twenty people takes, ranks and takes again until nothing is open. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void twentyPeopleAtOnceRankEachRequestAsOftenAsWanted(int overlap) throws Exception {
        // Given
        RankingDesk shared = new RankingDesk(overlap, LEASE, 0, () -> now, kept);
        IntStream.range(0, 100).forEach(i -> shared.add(request("q" + i)));
        Map<String, Set<String>> given = new ConcurrentHashMap<>();
        List<Callable<Void>> people = IntStream.range(0, 20)
                .mapToObj(i -> (Callable<Void>) () -> work(shared, "person-" + i, given))
                .toList();

        // When
        try (ExecutorService threads = Executors.newFixedThreadPool(20)) {
            for (Future<Void> done : threads.invokeAll(people)) {
                done.get();
            }
        }

        // Then
        assertThat(shared.rankings()).isEqualTo(100 * overlap);
        assertThat(given).hasSize(100).allSatisfy((request, annotators) -> assertThat(annotators)
                .hasSize(overlap));
    }

    private Void work(RankingDesk shared, String annotator, Map<String, Set<String>> given) throws Exception {
        for (Optional<RankingRequest> next = shared.next(annotator); next.isPresent(); next = shared.next(annotator)) {
            String id = next.get().requestId();
            assertThat(given.computeIfAbsent(id, any -> ConcurrentHashMap.newKeySet())
                            .add(annotator))
                    .isTrue();
            Ranking ranking = ranking(id, annotator, 2);
            assertThat(shared.receive(ranking, false)).isInstanceOf(RankingDesk.Receipt.Accepted.class);
            Thread.yield();
            shared.add(ranking, at(offsets.getAndIncrement()));
        }
        return null;
    }

    private void offerRankingsBeforeTheirRequest() {
        offer(ranking("late", "ann", 2));
        offer(ranking("late", "ann", 2));
        offer(ranking("late", "bob", 3));
    }

    private void offer(Ranking ranking) {
        refusals.add(catchThrowable(() -> desk.add(ranking, at(offset++))));
    }

    private void assertThatNobodyAskedFor(int rankings) {
        assertThat(refusals).hasSize(rankings).allSatisfy(refusal -> assertThat(refusal)
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("which nobody asked"));
    }

    private static RankingRequest request(String id) {
        return request(id, "a", "b");
    }

    private static RankingRequest request(String id, String... answers) {
        return new RankingRequest(id, List.of(Message.user("q")), List.of(answers), null, Map.of());
    }

    private static RankingRequest gold(String id) {
        return new RankingRequest(
                id, List.of(Message.user("q")), List.of("a", "b"), null, Map.of(RankingRequest.GOLD, "1>0"));
    }

    private static Ranking abstention(String requestId, String annotator) {
        return Ranking.abstained(
                requestId, annotator, "v1", new Ranking.Abstention(Ranking.Abstention.Cause.LANGUAGE, ""));
    }

    private static Ranking ranking(String requestId, String annotator, int answers) {
        return new Ranking(
                requestId,
                annotator,
                IntStream.range(0, answers).mapToObj(List::of).toList(),
                List.of(),
                List.of(),
                "v1");
    }

    @SafeVarargs
    private static Ranking order(String requestId, String annotator, List<Integer>... order) {
        return new Ranking(requestId, annotator, List.of(order), List.of(), List.of(), "v1");
    }

    private static Origin at(long offset) {
        return new At(offset);
    }
}
