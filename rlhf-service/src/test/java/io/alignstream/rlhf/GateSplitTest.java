package io.alignstream.rlhf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.view.RecordOrigin;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a parent has learned before somebody held it out is no question for the gate. */
class GateSplitTest {

    private static final List<Message> IN_TIME = List.of(Message.user("held out in time"));
    private static final List<Message> INSTRUCTED = List.of(Message.user("held out after SFT"));
    private static final List<Message> RANKED = List.of(Message.user("held out after the reward model"));
    private static final List<Message> NEW = List.of(Message.user("held out late, but learned by nobody"));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void whatParentsHaveLearnedIsNotAskedAndCounted() throws IOException {
        // Given
        Known known = new Known();
        List<Prompt> prompts = Stream.concat(
                        others(), Stream.of(heldOut(IN_TIME), heldOut(INSTRUCTED), heldOut(RANKED), heldOut(NEW)))
                .toList();

        // When
        GateSplit split = GateSplit.of(known, prompts, 0, parent(Stage.SFT, Map.of()), parent(Stage.REWARD, Map.of()));

        // Then
        assertThat(Stream.concat(split.prompts().heldOut().stream(), split.prompts().validation().stream()))
                .extracting(Prompt::messages)
                .containsExactlyInAnyOrder(IN_TIME, NEW);
        assertThat(split.prompts().training()).extracting(Prompt::messages).doesNotContain(INSTRUCTED, RANKED);
        assertThat(known.healed).containsExactly(Reason.of("rlhf.heldOutLate").with("prompts", 2));
    }

    @Test
    void aGateThatCouldAskNothingElseRefuses() throws IOException {
        // Given
        List<Prompt> prompts =
                Stream.concat(others(), Stream.of(heldOut(INSTRUCTED))).toList();
        Manifest sft = parent(Stage.SFT, Map.of());
        Manifest reward = parent(Stage.REWARD, Map.of());

        // When, then
        assertThatThrownBy(() -> GateSplit.of(new Known(), prompts, 0, sft, reward))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("train these again");
    }

    @Test
    void theGateAsksNoMoreThanTheParentsHaveHeldOut() throws IOException {
        // Given
        Manifest sft = parent(Stage.SFT, Map.of("heldOutShare", "0.3"));
        Manifest reward = parent(Stage.REWARD, Map.of("heldOut", "0.1"));

        // When
        GateSplit split = GateSplit.of(new Known(), others().toList(), 0.3, sft, reward);

        // Then
        assertThat(split.prompts().heldOut()).hasSizeBetween(5, 35);
    }

    private Manifest parent(Stage stage, Map<String, String> hyperparameters) throws IOException {
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            List<DatasetSnapshot> datasets = Stream.of(Topic.PROMPTS, Topic.INSTRUCTIONS, Topic.RANKING_REQUESTS)
                    .map(topic -> new DatasetSnapshot(topic.name(), List.of(new PartitionRange(0, 0, 1))))
                    .toList();
            var run = new TrainingRuns(store, stage).of(Lineage.NONE, datasets, hyperparameters);
            return store.open(run.save(1, true, Map.of(), Map.of(), Map.of(), Set.of(), empty -> {}))
                    .manifest();
        }
    }

    private static Stream<Prompt> others() {
        return IntStream.range(0, 200)
                .mapToObj(i -> new Prompt("other" + i, List.of(Message.user("question " + i)), Map.of()));
    }

    private static Prompt heldOut(List<Message> messages) {
        return new Prompt(messages.getFirst().content().replace(' ', '-'), messages, Map.of("purpose", "held-out"));
    }

    /** What both parents have seen. */
    private static final class Known implements JobContext {

        private final List<Reason> healed = new ArrayList<>();

        @Override
        public <T> Stream<Entry<T>> read(Topic<T> topic, DatasetSnapshot snapshot) {
            Stream<?> seen = topic == Topic.PROMPTS
                    ? Stream.of(heldOut(IN_TIME))
                    : topic == Topic.INSTRUCTIONS
                            ? Stream.of(new Instruction("i", INSTRUCTED, List.of("answer"), Map.of()))
                            : Stream.of(new RankingRequest("r", RANKED, List.of("a", "b"), null, Map.of()));
            return seen.map(topic.eventClass()::cast)
                    .map(event -> new Entry<>(
                            event,
                            new RecordOrigin(new ConsumerRecord<>(
                                    topic.name(), 0, 0, topic.key(event).getBytes(UTF_8), new byte[0]))));
        }

        @Override
        public void healed(Reason what) {
            healed.add(what);
        }

        @Override
        public boolean stopRequested() {
            return false;
        }

        @Override
        public void stop() {}

        @Override
        public void progress(String phase, long step, long totalSteps, Map<String, Double> metrics) {}

        @Override
        public <T> void publish(Topic<T> topic, T event) {}
    }
}
