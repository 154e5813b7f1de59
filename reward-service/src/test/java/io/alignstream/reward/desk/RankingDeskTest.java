package io.alignstream.reward.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

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
    private final RankingDesk desk = new RankingDesk(1, LEASE, () -> now);
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
        RankingDesk two = new RankingDesk(2, LEASE, () -> now);
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
        assertThat(desk.progress()).isEqualTo(new RankingDesk.Progress(2, 2, 1, 5, 0));
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
    void whoCannotJudgeIsNotAskedAgainAndOthersAre() {
        // Given
        desk.add(request("q"));
        desk.next("ann");

        // When
        boolean passed = desk.pass("q", "ann");

        // Then
        assertThat(passed).isTrue();
        assertThat(desk.next("ann")).isEmpty();
        assertThat(desk.next("bob")).isPresent();
        assertThat(desk.pass("q", "made-up")).isFalse();
        assertThat(desk.settled(List.of("q"))).isEqualTo(new RankingDesk.Settled(Set.of(), Set.of("q")));
    }

    /** Each of twenty people takes, ranks and takes again until nothing is open. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void twentyPeopleAtOnceRankEachRequestAsOftenAsWanted(int overlap) throws Exception {
        // Given
        RankingDesk shared = new RankingDesk(overlap, LEASE, () -> now);
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
        return new Origin() {

            @Override
            public int partition() {
                return 0;
            }

            @Override
            public long offset() {
                return offset;
            }

            @Override
            public Optional<String> key() {
                return Optional.empty();
            }

            @Override
            public Optional<String> header(String name) {
                return Optional.empty();
            }
        };
    }
}
