package io.alignstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.objective.PretrainingObjective;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CheckpointTest {

    private static final Checkpoint SAMPLE = (Checkpoint) Samples.event(Topic.CHECKPOINTS);

    private static Checkpoint of(Stage stage, PretrainingObjective objective) {
        return new Checkpoint(
                stage, "run", 1, SAMPLE.reference(), Map.of(), List.of(), Map.of(), null, null, objective);
    }

    @Test
    void nothing_is_built_on_a_model_that_fills_blanks_whoever_promotes_it() {
        // Given
        Checkpoint masked = of(Stage.PRETRAIN, PretrainingObjective.MASKED);

        // When
        Checkpoint promoted = masked.with(Checkpoint.Promotion.granted("Ann", "it is good"));

        // Then
        assertThat(masked.promoted()).isFalse();
        assertThat(promoted.promoted()).isFalse();
        assertThat(promoted.masked()).isTrue();
    }

    @Test
    void an_objective_is_written_where_it_is_not_the_usual_one() throws Exception {
        // Given
        Checkpoint masked = of(Stage.PRETRAIN, PretrainingObjective.MASKED);

        // When
        byte[] written = Samples.encode(Topic.CHECKPOINTS, masked).value();
        byte[] usual = Samples.encode(Topic.CHECKPOINTS, of(Stage.PRETRAIN, PretrainingObjective.NEXT_TOKEN))
                .value();

        // Then
        assertThat(new String(written, StandardCharsets.UTF_8)).contains("\"objective\":\"masked\"");
        assertThat(new String(usual, StandardCharsets.UTF_8)).doesNotContain("objective");
        assertThat(Topic.CHECKPOINTS.decode(Samples.consumed(Topic.CHECKPOINTS, written)))
                .isEqualTo(masked);
        assertThat(Schemas.of(Topic.CHECKPOINTS).validate(CloudEventCodec.JSON.readTree(written)))
                .isEmpty();
    }

    @Test
    void only_base_models_have_an_objective() {
        assertThatThrownBy(() -> of(Stage.SFT, PretrainingObjective.MASKED))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("objective is masked")
                .hasMessageContaining("sft");
    }
}
