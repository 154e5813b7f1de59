package io.alignstream.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.network.UpperBlocks;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import java.util.List;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class UpperBlocksTest {

    private static final Sequences BATCH = Sequences.packed(List.of(new int[] {1, 2, 3, 4}, new int[] {5, 6, 7}), 0);

    @Test
    void only_the_last_blocks_change() {
        // Given
        try (Transformer model = Transformer.initialise(TransformerConfig.of(20, 4, 16, 8), 1)) {
            SequencedMap<String, Tensor> before = model.tensors();

            // When
            step(model, UpperBlocks.share(model, 0.3));

            // Then: 0.3 of four blocks, rounded up.
            assertThat(model.tensors()).allSatisfy((name, tensor) -> {
                if (name.matches("model\\.layers\\.[23]\\..*")) {
                    assertThat(tensor).as(name).isNotEqualTo(before.get(name));
                } else {
                    assertThat(tensor).as(name).isEqualTo(before.get(name));
                }
            });
        }
    }

    @Test
    void a_share_of_one_is_the_whole_network() {
        try (Transformer model = Transformer.initialise(TransformerConfig.of(20, 2, 16, 8), 1)) {
            assertThat(UpperBlocks.share(model, 1)).isSameAs(model);
        }
    }

    @Test
    void more_blocks_than_there_are_cannot_learn() {
        try (Transformer model = Transformer.initialise(TransformerConfig.of(20, 2, 16, 8), 1)) {
            assertThatThrownBy(() -> new UpperBlocks(model, 3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("3 blocks are to learn but the network has 2");
        }
    }

    private static void step(Transformer model, Trainable learning) {
        try (Learner learner = new Learner(learning, AdamW.Settings.REINFORCEMENT)) {
            learner.step(new NextTokenObjective(model), BATCH, 1e-2);
        }
    }
}
