package io.alignstream.local.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.local.site.LaunchException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlanTest {

    private static final List<String> VICTIMS = List.of("pretrain-service", "pretrain-service-2", "pretrain-service-3");

    @Test
    void aSeedAlwaysChoosesTheSameFaultsForTheSameVictims() {
        // Given
        Plan plan = new Plan(true, Plan.OF_WORKERS, Duration.ofSeconds(15), 100);

        // When
        List<Plan.Strike> first = strikes(plan, 7);

        // Then
        assertThat(first).isEqualTo(strikes(plan, 7)).isNotEqualTo(strikes(plan, 8));
        assertThat(first).extracting(Plan.Strike::fault).containsOnly(Fault.KILL, Fault.STOP, Fault.RESIZE);
        assertThat(first).extracting(Plan.Strike::victim).isSubsetOf(VICTIMS);
    }

    @Test
    void faultsComeAsOftenAsAskedOnAverage() {
        // Given
        Plan plan = new Plan(true, Set.of(Fault.KILL), Duration.ofSeconds(15), 1);
        Random random = new Random(1);

        // When
        double mean = IntStream.range(0, 10_000)
                .mapToLong(number -> plan.pause(random).toMillis())
                .average()
                .orElseThrow();

        // Then
        assertThat(mean).isCloseTo(15_000, within(300.0));
    }

    @Test
    void whatCannotHappenHereIsNotChosen() {
        // Given
        Plan plan = Plan.EVERYTHING;

        // When
        List<Fault> possible = plan.possible(false, 1);

        // Then
        assertThat(possible).doesNotContain(Fault.CLOCK, Fault.RESIZE).contains(Fault.KILL, Fault.STORE_FULL);
    }

    @Test
    void aPlanWithoutAnyPossibleFaultSaysWhy() {
        // Given
        Plan plan = new Plan(true, Set.of(Fault.RESIZE), null, 1);

        // When / Then
        assertThatThrownBy(() -> plan.possible(true, 1))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("2 or more");
    }

    private static List<Plan.Strike> strikes(Plan plan, long seed) {
        Random random = new Random(seed);
        List<Fault> possible = plan.possible(false, VICTIMS.size());
        return IntStream.range(0, 50)
                .mapToObj(number -> Plan.strike(random, possible, VICTIMS))
                .toList();
    }
}
