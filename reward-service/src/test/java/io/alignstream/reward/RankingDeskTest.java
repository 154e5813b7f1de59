package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RankingDeskTest {

    private final RankingDesk desk = new RankingDesk();
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
        assertThat(desk.remaining("bob")).isEqualTo(1);
        assertThatNobodyAskedFor(3);
    }

    @Test
    void aRankingThatWaitedForItsRequestCountsOnceThoughItIsOfferedAgain() throws Exception {
        // Given
        offerRankingsBeforeTheirRequest();
        desk.add(request("late"));

        // When
        desk.add(ranking("late", "ann", 2));

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

    private void offerRankingsBeforeTheirRequest() {
        offer(ranking("late", "ann", 2));
        offer(ranking("late", "ann", 2));
        offer(ranking("late", "bob", 3));
    }

    private void offer(Ranking ranking) {
        refusals.add(catchThrowable(() -> desk.add(ranking)));
    }

    private void assertThatNobodyAskedFor(int rankings) {
        assertThat(refusals).hasSize(rankings).allSatisfy(refusal -> assertThat(refusal)
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("which nobody asked"));
    }

    private static RankingRequest request(String id) {
        return new RankingRequest(id, List.of(Message.user("q")), List.of("a", "b"), null, Map.of());
    }

    private static Ranking ranking(String requestId, String annotator, int answers) {
        List<List<Integer>> order =
                IntStream.range(0, answers).mapToObj(List::of).toList();
        return new Ranking(requestId, annotator, order, List.of(), List.of(), "v1");
    }
}
