package io.alignstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.JsonSchema;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.messages.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The golden files were written once, by version 1 of the events, and are never changed: what lies on a topic for ever
 * must decode for ever. A new version of an event adds a file.
 */
class GoldenFileTest {

    static List<Topic<?>> topics() {
        return Topic.ALL;
    }

    static Stream<Topic<?>> jsonTopics() {
        return Topic.ALL.stream().filter(topic -> topic.codec() instanceof CloudEventCodec);
    }

    @ParameterizedTest
    @MethodSource("topics")
    void decodesForEver(Topic<?> topic) throws Exception {
        // Given
        byte[] golden = golden(topic);
        // When
        Object event = topic.decode(Samples.consumed(topic, golden));
        // Then
        assertThat(event).usingRecursiveComparison().isEqualTo(Samples.event(topic));
    }

    @ParameterizedTest
    @MethodSource("jsonTopics")
    void goldenFileKeepsToTheSchema(Topic<?> topic) throws Exception {
        // Given
        JsonSchema schema = Schemas.of(topic);
        // When // Then
        assertThat(schema.validate(CloudEventCodec.JSON.readTree(golden(topic))))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("jsonTopics")
    void whatIsWrittenTodayIsTheGoldenFile(Topic<?> topic) throws Exception {
        // Given
        Object event = Samples.event(topic);
        // When
        byte[] written = Samples.encode(topic, event).value();
        // Then
        assertThat(CloudEventCodec.JSON.readTree(written)).isEqualTo(CloudEventCodec.JSON.readTree(golden(topic)));
    }

    /** The field came after the golden file of its event: what a person decided has one of its own. */
    @Test
    void aPersonsDecisionIsWrittenAndDecodes() throws Exception {
        // Given
        byte[] golden = golden("model-release.v1.decided.json");
        ModelRelease decision = ((ModelRelease) Samples.event(Topic.MODEL_RELEASES))
                .decided(ModelRelease.Verdict.ROLLED_BACK, "Ann", "The win rate fell below 0.5 on live prompts.");
        // When
        byte[] written = Samples.encode(Topic.MODEL_RELEASES, decision).value();
        // Then
        assertThat(CloudEventCodec.JSON.readTree(written)).isEqualTo(CloudEventCodec.JSON.readTree(golden));
        assertThat(Topic.MODEL_RELEASES.decode(Samples.consumed(Topic.MODEL_RELEASES, golden)))
                .isEqualTo(decision);
    }

    /** The field came after the golden file of its event. */
    @Test
    void whyARunWasBegunIsWrittenAndDecodes() throws Exception {
        // Given
        byte[] golden = golden("checkpoint.v1.asked.json");
        Checkpoint checkpoint = ((Checkpoint) Samples.event(Topic.CHECKPOINTS))
                .begunBy(Reason.of("cause.person").with("name", "Ann").with("reason", "the fair opens"));
        // When
        byte[] written = Samples.encode(Topic.CHECKPOINTS, checkpoint).value();
        // Then
        assertThat(CloudEventCodec.JSON.readTree(written)).isEqualTo(CloudEventCodec.JSON.readTree(golden));
        assertThat(Topic.CHECKPOINTS.decode(Samples.consumed(Topic.CHECKPOINTS, golden)))
                .isEqualTo(checkpoint);
    }

    /** The field came after the golden file of its event. */
    @Test
    void anAbstentionIsWrittenAndDecodes() throws Exception {
        // Given
        byte[] golden = golden("ranking.v1.abstained.json");
        Ranking abstention = Ranking.abstained(
                "request-1",
                "ann",
                "v1",
                new Ranking.Abstention(Ranking.Abstention.Cause.LANGUAGE, "I do not read it."));
        // When
        byte[] written = Samples.encode(Topic.RANKINGS, abstention).value();
        // Then
        assertThat(CloudEventCodec.JSON.readTree(written)).isEqualTo(CloudEventCodec.JSON.readTree(golden));
        assertThat(Topic.RANKINGS.decode(Samples.consumed(Topic.RANKINGS, golden)))
                .isEqualTo(abstention);
    }

    /** The field came after the golden file of its event. */
    @Test
    void whatAPersonAskedAStageForIsWrittenAndDecodes() throws Exception {
        // Given
        byte[] golden = golden("stage-control.v1.asked.json");
        StageControl control = (StageControl) Samples.event(Topic.STAGE_CONTROLS);
        StageControl asked = new StageControl(
                control.stage(),
                control.paused(),
                control.version(),
                control.runs(),
                new StageControl.Asked(StageControl.Action.CANCEL, "Ann", "The loss does not fall."));
        // When
        byte[] written = Samples.encode(Topic.STAGE_CONTROLS, asked).value();
        // Then
        assertThat(CloudEventCodec.JSON.readTree(written)).isEqualTo(CloudEventCodec.JSON.readTree(golden));
        assertThat(Topic.STAGE_CONTROLS.decode(Samples.consumed(Topic.STAGE_CONTROLS, golden)))
                .isEqualTo(asked);
    }

    @Test
    void tokenBatchIsWrittenByteForByte() throws Exception {
        // Given
        Object batch = Samples.event(Topic.TOKEN_BATCHES);
        // When
        byte[] written = Samples.encode(Topic.TOKEN_BATCHES, batch).value();
        // Then
        assertThat(written).isEqualTo(golden(Topic.TOKEN_BATCHES));
    }

    private static byte[] golden(Topic<?> topic) throws IOException {
        return golden(topic == Topic.TOKEN_BATCHES ? "token-batch.v1.bin" : Schemas.event(topic) + ".json");
    }

    private static byte[] golden(String file) throws IOException {
        try (InputStream in = GoldenFileTest.class.getResourceAsStream("/golden/" + file)) {
            if (in == null) {
                throw new AssertionError("there is no golden file " + file);
            }
            return in.readAllBytes();
        }
    }
}
