package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.training.dataset.RankedAnswers;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RankedSplitTest {

    @Test
    void no_prompt_is_in_two_parts_however_often_it_is_ranked() {
        // Given: each prompt ranked twice
        List<RankedAnswers> requests = IntStream.range(0, 400)
                .mapToObj(i -> request(HeldOut.place("prompt " + i / 2)))
                .toList();

        // When
        RankedSplit split = RankedSplit.of(requests, 0.1, 0.5);

        // Then
        List<Set<Double>> parts = Stream.of(split.heldOut(), split.judge(), split.reward())
                .map(part -> part.stream().map(RankedAnswers::place).collect(Collectors.toSet()))
                .toList();
        Set<Double> all = new HashSet<>();
        parts.forEach(all::addAll);
        assertThat(all).hasSize(200);
        assertThat(parts.stream().mapToInt(Set::size).sum()).isEqualTo(200);
        assertThat(parts).allSatisfy(part -> assertThat(part).hasSizeGreaterThan(10));
        assertThat(parts.get(0)).allMatch(place -> place < 0.1);
    }

    @Test
    void what_a_person_holds_out_teaches_neither() {
        // Given
        List<RankedAnswers> requests = List.of(request(-1), request(0.2), request(0.9));

        // When
        RankedSplit split = RankedSplit.of(requests, 0.1, 0.5);

        // Then
        assertThat(split.heldOut()).containsExactly(requests.getFirst());
        assertThat(split.judge()).containsExactly(requests.get(1));
        assertThat(split.reward()).containsExactly(requests.get(2));
    }

    @Test
    void a_run_is_watched_by_so_many_at_most() {
        // Given
        List<RankedAnswers> requests = IntStream.range(0, 400)
                .mapToObj(i -> request(HeldOut.place("prompt " + i)))
                .toList();
        RankedSplit split = RankedSplit.of(requests, 0.5, 0.5);

        // When
        List<RankedAnswers> watched = split.watched(50);

        // Then
        assertThat(watched).hasSize(50).isSubsetOf(split.heldOut()).isEqualTo(split.watched(50));
        assertThat(split.watched(1_000)).isEqualTo(split.heldOut());
    }

    @Test
    void a_judge_without_rankings_is_refused_with_the_counts() {
        assertThatThrownBy(() -> RankedSplit.of(List.of(request(0.9)), 0.1, 0.5))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("0 are left for the judge and 1 for the reward model");
    }

    private static RankedAnswers request(double place) {
        return new RankedAnswers(place, new int[] {1, 2}, List.of(), List.of());
    }
}
