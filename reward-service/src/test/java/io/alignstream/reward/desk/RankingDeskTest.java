package io.alignstream.reward.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.stageruntime.Origin;
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
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RankingDeskTest {

    private static final Duration LEASE = Duration.ofMinutes(10);

    private Instant now = Instant.EPOCH;
    private long offset;
    private final RankingDesk desk = new RankingDesk(1, LEASE, 0, () -> now);
    private final List<Throwable> refusals = new ArrayList<>();

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
        desk.add(request("q", "Yes", "no", " yes\n"));

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
        desk.add(request("q", "same", "Same", "same "));

        // When
        Optional<RankingRequest> next = desk.next("ann");

        // Then
        assertThat(next).isEmpty();
        assertThat(desk.remaining("ann")).isZero();
    }

    @Test
    void theSameRankingTwiceIsOneAct() throws Exception {
        // Given
        desk.add(request("q"));
        Ranking ranking = ranking("q", "ann", 2);
        desk.receive(ranking, false);

        // When
        RankingDesk.Receipt onItsWay = desk.receive(ranking, false);
        desk.add(ranking, at(0));
        RankingDesk.Receipt published = desk.receive(ranking, true);

        // Then
        assertThat(List.of(onItsWay, published)).allMatch(RankingDesk.Receipt.Known.class::isInstance);
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
        desk.receive(ranking("q", "ann", 2), false);

        // When
        desk.failed(ranking("q", "ann", 2));

        // Then
        assertThat(desk.receive(ranking("q", "ann", 2), false)).isInstanceOf(RankingDesk.Receipt.Accepted.class);
    }

    @Test
    void whatIsRecordedIsNotQueuedForPeople() throws Exception {
        // Given
        RankingDesk two = new RankingDesk(2, LEASE, 0, () -> now);
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
        assertThat(desk.settled(List.of("q"))).isEqualTo(new RankingDesk.Settled(Set.of(), Set.of("q")));
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
    void aDraftIsKeptAsLongAsItsRequest() {
        // Given
        desk.add(request("q"));
        desk.next("ann");
        Draft draft = new Draft(List.of(2, 1), List.of("", "5"), List.of("", "clear"));

        // When
        boolean saved = desk.save("q", "ann", draft);
        boolean othersSaved = desk.save("q", "bob", draft);
        boolean otherSize =
                desk.save("q", "ann", new Draft(List.of(1, 1, 1), List.of("", "", ""), List.of("", "", "")));

        // Then
        assertThat(saved).isTrue();
        assertThat(othersSaved).isFalse();
        assertThat(otherSize).isFalse();
        desk.next("ann");
        assertThat(desk.draft("ann")).contains(draft);
        now = now.plus(LEASE);
        assertThat(desk.draft("ann")).isEmpty();
    }

    @Test
    void goldGoesToEverybodyAmongOthersAndCountsForNobodysTraining() throws Exception {
        // Given
        RankingDesk half = new RankingDesk(1, LEASE, 0.5, () -> now);
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

    private void workOn(RankingDesk shared, String annotator, Map<String, Set<String>> given) {
        String id = shared.next(annotator).orElseThrow().requestId();
        given.computeIfAbsent(id, any -> ConcurrentHashMap.newKeySet()).add(annotator);
        try {
            shared.add(ranking(id, annotator, 2), at(offset++));
        } catch (PoisonEventException e) {
            throw new AssertionError(e);
        }
    }

    /** Twenty people rank a hundred requests each: what it costs must not depend on how many wait. */
    @Test
    void givingTheNextRequestLooksAtFewOfManyHoweverManyWait() throws Exception {
        // Given
        RankingDesk large = new RankingDesk(3, LEASE, 0, () -> now);
        IntStream.range(0, 200_000).forEach(i -> large.add(request("q" + i)));

        // When
        for (int turn = 0; turn < 100; turn++) {
            for (int person = 0; person < 20; person++) {
                String annotator = "person-" + person;
                String id = large.next(annotator).orElseThrow().requestId();
                large.receive(ranking(id, annotator, 2), false);
                large.add(ranking(id, annotator, 2), at(offset++));
            }
        }

        // Then: the newest of the least ranked is always one that the person has not settled
        assertThat(large.looks()).isEqualTo(2_000);
        assertThat(large.rankings()).isEqualTo(2_000);
        assertThat(large.remaining("person-0")).isEqualTo(199_900);
        assertThat(large.progress().there()).isEqualTo(2_000);
    }

    @Test
    void whoHasSettledEverythingIsToldSoWithoutALook() throws Exception {
        // Given
        RankingDesk two = new RankingDesk(2, LEASE, 0, () -> now);
        for (int i = 0; i < 1_000; i++) {
            two.add(request("q" + i));
            two.add(ranking("q" + i, "ann", 2), at(offset++));
        }

        // When
        Optional<RankingRequest> next = two.next("ann");

        // Then
        assertThat(next).isEmpty();
        assertThat(two.looks()).isZero();
    }

    /** Each of twenty people takes, ranks and takes again until nothing is open. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void twentyPeopleAtOnceRankEachRequestAsOftenAsWanted(int overlap) throws Exception {
        // Given
        RankingDesk shared = new RankingDesk(overlap, LEASE, 0, () -> now);
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
            shared.add(ranking, at(0));
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
