package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RankingDeskTest {

    private final RankingDesk desk = new RankingDesk();

    @Test
    void theLeastRankedRequestComesFirstAmongThoseTheNewest() throws PoisonEventException {
        // Given
        desk.add(request("old"));
        desk.add(request("ranked"));
        desk.add(request("new"));
        desk.add(ranking("ranked", "bob"));

        // When, then
        assertThat(next("ann")).isEqualTo("new");
        desk.add(ranking("new", "ann"));
        assertThat(next("ann")).isEqualTo("old");
        desk.published(ranking("old", "ann"));
        assertThat(next("ann")).isEqualTo("ranked");
        desk.add(ranking("ranked", "ann"));
        assertThat(desk.next("ann")).isEmpty();
        assertThat(desk.remaining("bob")).isEqualTo(2);
    }

    @Test
    void anAnnotatorsSecondRankingReplacesTheFirstAndATombstoneWithdrawsIt() throws PoisonEventException {
        // Given
        desk.add(request("a/b"));
        desk.add(ranking("a/b", "ann"));

        // When, then
        desk.add(ranking("a/b", "ann"));
        assertThat(desk.rankings()).isEqualTo(1);
        desk.withdrawRanking("a/b/nobody");
        assertThat(desk.rankings()).isEqualTo(1);
        desk.withdrawRanking("a/b/ann");
        assertThat(desk.rankings()).isZero();
        assertThat(next("ann")).isEqualTo("a/b");
    }

    @Test
    void aWithdrawnRequestTakesItsRankingsAlong() throws PoisonEventException {
        // Given
        desk.add(request("r"));
        desk.add(ranking("r", "ann"));

        // When
        desk.withdrawRequest("r");

        // Then
        assertThat(desk.rankings()).isZero();
        assertThat(desk.requests()).isZero();
        assertThat(desk.fault(ranking("r", "ann")))
                .hasValueSatisfying(fault -> assertThat(fault).contains("nobody asked"));
    }

    private String next(String annotator) {
        return desk.next(annotator).orElseThrow().requestId();
    }

    private static RankingRequest request(String id) {
        return new RankingRequest(id, List.of(Message.user("q")), List.of("a", "b"), null, Map.of());
    }

    private static Ranking ranking(String request, String annotator) {
        return new Ranking(request, annotator, List.of(List.of(0), List.of(1)), List.of(), List.of(), "test");
    }
}
