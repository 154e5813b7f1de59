package io.alignstream.benchmarks.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SimulationTest {

    /** 1,000,000 tokens of 1,000 operations by 10^9 of them a second: a second for one worker. */
    private static final Workload WORKLOAD = new Workload("test", 1 << 20, 1_000, 1_000_000);

    private static final Processor PROCESSOR = new Processor("test", 1e9, 1e-9, 0.5e-9, 0.01);
    private static final Link LINK = new Link(1e9, 1e-4);
    private static final Simulation SIMULATION = new Simulation(WORKLOAD, PROCESSOR, Network.of("test", LINK));

    @Test
    void one_worker_without_shards_computes_updates_and_reads() {
        // When
        StepTime step = SIMULATION.step(1, new Exchange.Exact(1));

        // Then
        assertThat(step.compute()).isCloseTo(1, within(1e-12));
        assertThat(step.optimiser()).isCloseTo((1 << 20) * 1e-9, within(1e-12));
        assertThat(step.reading()).isCloseTo(4_000_000 / 1e9, within(1e-12));
        assertThat(step.shards()).isZero();
        assertThat(step.exchange()).isZero();
        assertThat(step.binds()).isEqualTo("compute");
    }

    @Test
    void a_worker_adds_each_of_its_shards() {
        // When
        StepTime step = SIMULATION.step(2, new Exchange.Exact(8));

        // Then
        assertThat(step.compute()).isCloseTo(0.5, within(1e-12));
        assertThat(step.shards()).isCloseTo(4 * ((1 << 20) * 0.5e-9 + 0.01), within(1e-12));
    }

    @Test
    void two_workers_send_the_gradients_once_each_way_and_add_a_half() {
        // Given
        double columns = 1 << 19;
        double travelling = 2 * columns * 4 / 1e9; // to the other what is its own, then the sums

        // When
        StepTime step = SIMULATION.step(2, new Exchange.Exact(2));

        // Then
        double messages = (2 + 3 * 2) * 1e-4;
        double adding = (1 << 20) * 0.5e-9 + columns * 0.5e-9;
        assertThat(step.exchange()).isCloseTo(travelling + messages + adding, within(1e-12));
    }

    @Test
    void no_round_is_faster_than_a_message() {
        // Given a network that moves bytes at once
        Simulation fast = new Simulation(WORKLOAD, PROCESSOR, Network.of("fast", new Link(1e15, 1e-2)));

        // When
        StepTime step = fast.step(2, new Exchange.Exact(2));

        // Then two rounds of 2^18 columns, the first and the last message, and three rings of two
        double adding = 1.5 * (1 << 20) * 0.5e-9;
        assertThat(step.exchange()).isCloseTo((2 + 2 + 6) * 1e-2 + adding, within(1e-5));
        assertThat(Simulation.SLICE).isEqualTo(1 << 18);
    }

    @Test
    void more_workers_than_shards_get_one_each() {
        // When
        StepTime step = SIMULATION.step(16, new Exchange.Exact(4));

        // Then
        assertThat(step.shards()).isCloseTo((1 << 20) * 0.5e-9 + 0.01, within(1e-12));
    }

    @Test
    void local_sgd_pays_for_a_sum_once_in_its_inner_steps() {
        // Given: weights and two moments
        Workload three = new Workload("three", 3 << 20, 1_000, 1_000_000);
        double sum = new Simulation(three, PROCESSOR, Network.of("test", LINK))
                .step(4, new Exchange.Exact(4))
                .exchange();

        // When
        StepTime step = SIMULATION.step(4, new Exchange.LocalSgd(10));

        // Then with the deltas and the outer update
        double outer = (3 << 20) * 0.5e-9 + (1 << 20) * 1e-9;
        assertThat(step.exchange()).isCloseTo((sum + outer) / 10, within(1e-12));
        assertThat(step.shards()).isZero();
    }

    @Test
    void a_slow_network_binds_what_is_exact_and_not_local_sgd() {
        // Given
        Simulation slow = new Simulation(WORKLOAD, PROCESSOR, Network.of("slow", new Link(1e8, 1e-4)));

        // When
        StepTime exact = slow.step(32, new Exchange.Exact(32));

        // Then
        assertThat(exact.binds()).isEqualTo("exchange");
        assertThat(slow.tokensPerSecond(32, new Exchange.LocalSgd(50)))
                .isGreaterThan(2 * WORKLOAD.tokens() / exact.seconds());
    }

    @Test
    void no_number_of_workers_is_faster_than_that_many_times_one() {
        // Given
        double one = SIMULATION.tokensPerSecond(1, new Exchange.Exact(1));

        // When
        IntStream counts = IntStream.rangeClosed(1, 8).map(power -> 1 << power);

        // Then
        assertThat(counts).allSatisfy(count -> {
            assertThat(SIMULATION.tokensPerSecond(count, new Exchange.Exact(1))).isLessThan(count * one);
            assertThat(SIMULATION.tokensPerSecond(count, new Exchange.LocalSgd(30)))
                    .isLessThan(count * one);
        });
    }

    @Test
    void beyond_near_workers_the_far_link_counts() {
        // When
        Link eight = Network.NVLINK.link(8);

        // Then
        assertThat(eight.bytesPerSecond()).isEqualTo(450e9);
        assertThat(Network.NVLINK.link(16).bytesPerSecond()).isEqualTo(225e9);
        assertThat(Network.ethernet(100).link(2).bytesPerSecond()).isEqualTo(12.5e9);
    }

    @Test
    void workers_that_share_a_processor_are_slower_by_as_many_times() {
        // When
        Simulation shared = new Simulation(WORKLOAD, PROCESSOR.sharedBy(2), Network.of("test", LINK.sharedBy(2)));

        // Then
        StepTime whole = SIMULATION.step(4, new Exchange.Exact(4));
        assertThat(shared.step(4, new Exchange.Exact(4)).seconds()).isCloseTo(2 * whole.seconds(), within(1e-12));
    }

    @Test
    void what_makes_no_sense_is_refused() {
        // Given
        Exchange exact = new Exchange.Exact(1);

        // When
        Runnable nobody = () -> SIMULATION.step(0, exact);

        // Then
        assertThatThrownBy(nobody::run).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Link(0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Workload("none", 0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
