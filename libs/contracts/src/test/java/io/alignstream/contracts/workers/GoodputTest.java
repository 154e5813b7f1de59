package io.alignstream.contracts.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class GoodputTest {

    private static final double EXACTLY = 1e-9;

    private final Goodput goodput = new Goodput(0);

    @Test
    void what_lies_between_steps_is_no_use() {
        // Given: ten steps of a second, and half a second after each
        steps(1, 10, 1);

        // When
        double share = goodput.share(15);

        // Then
        assertThat(share).isCloseTo(10 / 15.0, within(EXACTLY));
    }

    @Test
    void a_step_that_waits_for_a_worker_that_stands_still_counts_as_one_step() {
        // Given: a step of 12 seconds among those of one
        steps(1, 10, 1);
        goodput.took(11, 12);
        steps(12, 21, 1);

        // When
        double share = goodput.share(32);

        // Then
        assertThat(share).isCloseTo(21 / 32.0, within(EXACTLY));
    }

    @Test
    void a_step_that_is_taken_again_counts_once() {
        // Given: the run goes back from step 10 to step 5
        steps(1, 10, 1);
        steps(6, 12, 1);

        // When
        double share = goodput.share(17);

        // Then
        assertThat(share).isCloseTo(12 / 17.0, within(EXACTLY));
    }

    @Test
    void steps_that_others_took_meanwhile_count_as_well() {
        // Given: this worker stood still, and was sent the state after step 20
        steps(1, 10, 1);
        goodput.took(21, 1);

        // When
        double share = goodput.share(21);

        // Then
        assertThat(share).isCloseTo(1, within(EXACTLY));
    }

    @Test
    void where_fewer_workers_take_longer_for_a_step_all_of_it_is_use_soon() {
        // Given: one of two workers leaves for good
        steps(1, 100, 1);
        steps(101, 200, 2);

        // When
        double share = goodput.share(300);

        // Then: the first of the longer ones count as the shorter ones before them
        assertThat(share).isBetween(0.94, 1.0);
    }

    @Test
    void a_process_that_joins_late_counts_from_there_on() {
        // Given
        Goodput late = new Goodput(1_000);
        late.took(1_001, 2);

        // When
        double share = late.share(4);

        // Then
        assertThat(share).isCloseTo(0.5, within(EXACTLY));
    }

    private void steps(long first, long last, double seconds) {
        for (long step = first; step <= last; step++) {
            goodput.took(step, seconds);
        }
    }
}
