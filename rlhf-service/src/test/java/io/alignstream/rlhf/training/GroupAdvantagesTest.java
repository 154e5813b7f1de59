package io.alignstream.rlhf.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class GroupAdvantagesTest {

    @Test
    void normalised_are_deviations_from_the_own_groups_mean() {
        // Given: two groups, the second one without a difference
        double[] scores = {1, 2, 3, 6, 5, 5, 5, 5};

        // When
        float[] advantages = GroupAdvantages.normalised(scores, 4);

        // Then: mean 3, deviation √3.5
        double deviation = Math.sqrt(3.5);
        assertThat(advantages)
                .containsExactly(
                        new float[] {
                            (float) (-2 / deviation), (float) (-1 / deviation), 0, (float) (3 / deviation), 0, 0, 0, 0
                        },
                        within(1e-6f));
    }

    @Test
    void leave_one_out_are_differences_from_the_mean_of_the_others() {
        // When
        float[] advantages = GroupAdvantages.leaveOneOut(new double[] {1, 2, 6, 0, 0, 3}, 3);

        // Then
        assertThat(advantages).containsExactly(new float[] {-3, -1.5f, 4.5f, -1.5f, -1.5f, 3}, within(1e-6f));
    }
}
