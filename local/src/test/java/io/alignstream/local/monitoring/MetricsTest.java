package io.alignstream.local.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.metrics.Buckets;
import io.alignstream.contracts.metrics.Metric;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** docs/metrics.md says what the code has; names keep to Prometheus' rules. That services tell them is PipelineIT's. */
class MetricsTest {

    @Test
    void the_documentation_has_what_the_code_has() throws IOException {
        // Given
        String expected = MetricsTable.markdown();

        // When
        String documentation = Written.at("docs/metrics.md", expected);

        // Then
        assertThat(documentation).as(Written.HOW).isEqualTo(expected);
    }

    @Test
    void no_two_have_the_same_name() {
        // Given
        Stream<String> figures = Figures.all().values().stream().map(Figures.Figure::metric);

        // When
        List<String> names = Stream.concat(
                        Arrays.stream(Metric.values()).flatMap(metric -> metric.series().stream()), figures)
                .toList();

        // Then
        assertThat(names).doesNotHaveDuplicates().hasSizeGreaterThan(100);
        assertThat(names).allMatch(name -> name.matches("alignstream_[a-z0-9_]+"));
        assertThat(names).contains("alignstream_run_objective_kl", "alignstream_run_tokens_per_second");
    }

    @ParameterizedTest
    @EnumSource(Metric.class)
    void a_name_says_the_kind_and_the_unit(Metric metric) {
        // When
        String name = metric.id();

        // Then
        assertThat(name.endsWith("_total")).isEqualTo(metric.kind() == Metric.Kind.COUNTER);
        assertThat(metric.labels()).doesNotContain(Metric.STAGE, "le", "run_id", "instance", "job");
        assertThat(metric.meaning()).isNotBlank().doesNotContain("|");
        if (metric.kind() == Metric.Kind.HISTOGRAM) {
            assertThat(name).matches(".*_(seconds|tokens)");
        }
    }

    @ParameterizedTest
    @EnumSource(Buckets.class)
    void bounds_rise(Buckets buckets) {
        // When
        List<Double> bounds = buckets.bounds();

        // Then
        assertThat(bounds).isSorted().doesNotHaveDuplicates().allMatch(bound -> bound > 0);
    }

    /** What TRL's PPO trainer logs, as its documentation lists it, but for what no step of ours measures. */
    @Test
    void what_trl_logs_of_ppo_is_here_under_its_name() {
        // Given
        Set<String> trl = Set.of(
                "objective/kl",
                "objective/entropy",
                "objective/non_score_reward",
                "objective/rlhf_reward",
                "objective/scores",
                "policy/approxkl_avg",
                "policy/clipfrac_avg",
                "policy/entropy_avg",
                "loss/policy_avg",
                "loss/value_avg",
                "val/clipfrac_avg",
                "val/ratio",
                "val/ratio_var",
                "val/num_eos_tokens");

        // When
        Set<String> ours = Figures.all().keySet();

        // Then
        assertThat(ours).containsAll(trl).contains("episodesPerSecond", "learningRate", "episodes");
    }
}
