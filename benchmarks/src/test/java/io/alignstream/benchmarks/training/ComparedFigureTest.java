package io.alignstream.benchmarks.training;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparedFigureTest {

    private static JsonNode figures(Map<String, Double> figures) {
        return new ObjectMapper().valueToTree(figures);
    }

    @Test
    void figures_agree_that_differ_by_rounding_only() {
        // Given
        JsonNode ours =
                figures(Map.of("loss/policy_avg", -0.0720974351, "loss/value_avg", 2.4124125, "objective/kl", 0.0));
        JsonNode theirs =
                figures(Map.of("loss/policy_avg", -0.0720974356, "loss/value_avg", 2.4124126, "objective/kl", 1e-7));

        // When
        List<ComparedFigure> compared = ComparedFigure.of(ours, theirs);

        // Then
        assertThat(compared)
                .extracting(ComparedFigure::figure)
                .containsExactly("loss/policy_avg", "loss/value_avg", "objective/kl");
        assertThat(compared).allMatch(ComparedFigure::holds);
    }

    @Test
    void one_token_of_1536_that_is_left_out_is_seen() {
        // Given what ours and plain PyTorch gave when the one left out a sampled padding token
        JsonNode ours = figures(Map.of("loss/policy_avg", -0.073349, "policy/entropy_avg", 7.595306));
        JsonNode theirs = figures(Map.of("loss/policy_avg", -0.072097, "policy/entropy_avg", 7.595305));

        // When
        List<ComparedFigure> compared = ComparedFigure.of(ours, theirs);

        // Then
        assertThat(compared).extracting(ComparedFigure::holds).containsExactly(false, true);
    }

    @Test
    void a_figure_that_one_has_not_agrees_with_none() {
        // Given
        JsonNode ours = figures(Map.of());
        JsonNode theirs = figures(Map.of("loss/value_avg", 0.0));

        // When
        List<ComparedFigure> compared = ComparedFigure.of(ours, theirs);

        // Then
        assertThat(compared).extracting(ComparedFigure::holds).containsExactly(false);
    }
}
