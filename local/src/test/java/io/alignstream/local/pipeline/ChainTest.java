package io.alignstream.local.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.messages.Reason;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class ChainTest {

    private final Registry registry = new Registry();
    private long offset;

    @Test
    void followsTheNewestArtefactsThatWereMadeFromEachOther() {
        // Given
        tokenizer("a1");
        checkpoint(Stage.PRETRAIN, "b1", Map.of("tokenizer", "a1"));
        checkpoint(Stage.SFT, "c1", Map.of("base", "b1"));
        checkpoint(Stage.REWARD, "d1", Map.of("sft", "c1"));
        checkpoint(Stage.RLHF, "e1", Map.of("sft", "c1", "reward", "d1"));
        release("e1", ModelRelease.Verdict.APPROVED);

        // When
        Chain chain = Chain.of(registry, Map.of());

        // Then
        assertThat(chain.reference(Stage.RLHF)).contains(reference("e1"));
        assertThat(chain.approved()).map(ModelRelease::reference).contains(reference("e1"));
        assertThat(chain.refused()).isEmpty();
    }

    @Test
    void namesARewardModelThatIsNotBuiltOn() {
        // Given
        tokenizer("a1");
        checkpoint(Stage.PRETRAIN, "b1", Map.of("tokenizer", "a1"));
        checkpoint(Stage.SFT, "c1", Map.of("base", "b1"));
        Checkpoint worse = new Checkpoint(
                        Stage.REWARD,
                        "run-d1",
                        10,
                        reference("d1"),
                        Map.of("sft", reference("c1")),
                        List.of(),
                        Map.of())
                .with(new Checkpoint.Promotion(false, Reason.verbatim("worse"), null));
        take(Topic.CHECKPOINTS, worse, 0);

        // When
        Chain chain = Chain.of(registry, Map.of());

        // Then
        assertThat(chain.reference(Stage.REWARD)).isEmpty();
        assertThat(chain.notPromoted()).contains(worse);
    }

    @Test
    void doesNotCountWhatWasMadeFromOlderParents() {
        // Given
        tokenizer("a1");
        checkpoint(Stage.PRETRAIN, "b1", Map.of("tokenizer", "a1"));
        checkpoint(Stage.SFT, "c1", Map.of("base", "b1"));
        checkpoint(Stage.PRETRAIN, "b2", Map.of("tokenizer", "a1"));

        // When
        Chain chain = Chain.of(registry, Map.of());

        // Then
        assertThat(chain.reference(Stage.PRETRAIN)).contains(reference("b2"));
        assertThat(chain.reference(Stage.SFT)).isEmpty();
        assertThat(chain.reference(Stage.RLHF)).isEmpty();
    }

    @Test
    void doesNotCountAnArtefactThatLacksNewInputs() {
        // Given
        tokenizer("a1");
        checkpoint(Stage.PRETRAIN, "b1", Map.of("tokenizer", "a1"));
        checkpoint(Stage.SFT, "c1", Map.of("base", "b1"));
        Map<Stage, Long> stale = Map.of(Stage.SFT, registry.newestOffset(Stage.SFT));

        // When / Then
        assertThat(Chain.of(registry, stale).reference(Stage.SFT)).isEmpty();
        checkpoint(Stage.SFT, "c2", Map.of("base", "b1"));
        assertThat(Chain.of(registry, stale).reference(Stage.SFT)).contains(reference("c2"));
    }

    @Test
    void tellsARefusedModel() {
        // Given
        tokenizer("a1");
        checkpoint(Stage.PRETRAIN, "b1", Map.of("tokenizer", "a1"));
        checkpoint(Stage.SFT, "c1", Map.of("base", "b1"));
        checkpoint(Stage.REWARD, "d1", Map.of("sft", "c1"));
        checkpoint(Stage.RLHF, "e1", Map.of("sft", "c1", "reward", "d1"));
        release("e1", ModelRelease.Verdict.REJECTED);

        // When
        Chain chain = Chain.of(registry, Map.of());

        // Then
        assertThat(chain.approved()).isEmpty();
        assertThat(chain.refused()).isPresent();
    }

    @Test
    void countsWorkWithoutPauses() {
        // Given
        progress("run", 0, 100);
        progress("run", 10_000, 100);
        progress("run", 10_000_000, 100); // the service was stopped in between
        progress("run", 10_010_000, 100);

        // When
        StageClock clock = registry.clock(Stage.PRETRAIN);

        // Then
        assertThat(clock.seconds("run", 10_012_000)).isEqualTo(22);
        assertThat(clock.tokens("run")).isEqualTo(2_000);
        assertThat(clock.seconds("another run", 0)).isZero();
    }

    private void tokenizer(String id) {
        take(
                Topic.TOKENIZERS,
                new TrainedTokenizer(
                        "default", reference(id), 100, hash(id), new DatasetSnapshot("clean-documents", List.of())),
                0);
    }

    private void checkpoint(Stage stage, String id, Map<String, String> parents) {
        Map<String, Reference> references = new java.util.HashMap<>();
        parents.forEach((role, parent) -> references.put(role, reference(parent)));
        take(
                Topic.CHECKPOINTS,
                new Checkpoint(stage, "run-" + id, 10, reference(id), references, List.of(), Map.of()),
                0);
    }

    private void release(String id, ModelRelease.Verdict verdict) {
        take(
                Topic.MODEL_RELEASES,
                new ModelRelease("alignstream", verdict, reference(id), "run-" + id, Map.of(), "because"),
                0);
    }

    private void progress(String run, long millis, double speed) {
        take(
                Topic.TRAINING_PROGRESS,
                new TrainingProgress(Stage.PRETRAIN, run, "train", 1, 2, 0, Map.of("tokensPerSecond", speed)),
                millis);
    }

    private <T> void take(Topic<T> topic, T event, long millis) {
        ProducerRecord<byte[], byte[]> sent = topic.record(event, "test");
        registry.take(new ConsumerRecord<>(
                topic.name(),
                0,
                offset++,
                millis,
                TimestampType.CREATE_TIME,
                sent.key().length,
                sent.value().length,
                sent.key(),
                sent.value(),
                sent.headers(),
                java.util.Optional.empty()));
    }

    private static Reference reference(String id) {
        return new Reference(URI.create("file:///store/" + id), hash(id), 1);
    }

    private static String hash(String id) {
        return id.repeat(32);
    }
}
