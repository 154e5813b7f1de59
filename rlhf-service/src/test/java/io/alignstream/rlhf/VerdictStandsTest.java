package io.alignstream.rlhf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.rlhf.release.Releases;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import io.alignstream.stageruntime.testing.Settings;
import io.alignstream.stageruntime.view.RecordOrigin;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gate decides about a candidate once, whatever is triggered, killed and restarted; then people decide. */
class VerdictStandsTest {

    private static final RlhfConfig CONFIG = Settings.of(
            RlhfConfig.class,
            Map.of(
                    "alignstream.rlhf.training.iterations", "1",
                    "alignstream.rlhf.training.batch-episodes", "4",
                    "alignstream.rlhf.training.minibatch-episodes", "4",
                    "alignstream.rlhf.training.epochs", "1",
                    "alignstream.rlhf.training.critic-warm-up", "0",
                    "alignstream.rlhf.training.max-answer-tokens", "4"));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Topics topics = new Topics();

    @SuppressWarnings("NullAway.Init")
    private CheckpointStore store;

    @BeforeEach
    void publishParents() throws IOException {
        store = CheckpointStore.open(folder.toUri(), folder);
        Checkpoint sft = TinyParents.sft(store);
        topics.publish(Topic.CHECKPOINTS, sft);
        topics.publish(Topic.CHECKPOINTS, TinyParents.reward(store, sft));
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aRolledBackModelStaysRolledBackWhenItsRunIsTriggeredAfterARestart() throws Exception {
        // Given
        run(started().decide(topics, false));
        decide(Verdict.APPROVED);
        decide(Verdict.ROLLED_BACK);

        // When
        Decision decision = started().decide(topics, true);

        // Then
        ModelRelease release = topics.newestByKey(Topic.MODEL_RELEASES).getFirst();
        assertThat(decision)
                .isEqualTo(new Decision.Wait(Reason.of("rlhf.sameInputs").with("run", release.run())));
        assertThat(release.verdict()).isEqualTo(Verdict.ROLLED_BACK);
    }

    @Test
    void aCrashBetweenReleaseAndCheckpointEndsWithTheCheckpointAndTheSameVerdict() throws Exception {
        // Given
        topics.full = Topic.CHECKPOINTS;
        Throwable crash = catchThrowable(() -> run(started().decide(topics, false)));
        topics.full = null;

        // When
        run(started().decide(topics, false));

        // Then
        assertThat(crash).hasMessage("checkpoints is full");
        assertThat(topics.log(Topic.MODEL_RELEASES)).singleElement().satisfies(release -> assertThat(release.run())
                .isEqualTo(aligned().getFirst().run()));
        assertThat(aligned()).hasSize(1);
    }

    @Test
    void whatAPersonDecidedBetweenCrashAndRestartStands() throws Exception {
        // Given
        topics.full = Topic.CHECKPOINTS;
        Throwable crash = catchThrowable(() -> run(started().decide(topics, false)));
        topics.full = null;
        decide(Verdict.ROLLED_BACK);

        // When
        run(started().decide(topics, true));

        // Then
        assertThat(crash).hasMessage("checkpoints is full");
        assertThat(topics.newestByKey(Topic.MODEL_RELEASES).getFirst().verdict())
                .isEqualTo(Verdict.ROLLED_BACK);
        assertThat(aligned()).hasSize(1);
    }

    @Test
    void newPromptsMakeANewCandidate() throws Exception {
        // Given
        run(started().decide(topics, false));
        topics.prompts = 16;

        // When
        Decision decision = started().decide(topics, true);

        // Then
        assertThat(decision).isInstanceOfSatisfying(Decision.Run.class, run -> assertThat(
                        run.job().run())
                .isNotEqualTo(aligned().getFirst().run()));
    }

    /** The stage as it is after a start that has read the topics. */
    private RlhfStage started() {
        RlhfStage stage = new RlhfStage(CONFIG, store, new Releases());
        stage.subscribe(topics);
        return stage;
    }

    private void run(Decision decision) throws Exception {
        if (!(decision instanceof Decision.Run run)) {
            throw new IllegalArgumentException("no run but " + decision);
        }
        run.job().execute(topics);
    }

    private void decide(Verdict verdict) {
        ModelRelease release = topics.newestByKey(Topic.MODEL_RELEASES).getFirst();
        topics.publish(Topic.MODEL_RELEASES, release.decided(verdict, "Ann", "for the test"));
    }

    private List<Checkpoint> aligned() {
        return topics.checkpoints(Stage.RLHF);
    }

    /** Topics of one partition in memory, read to their end by whoever follows them. */
    private static final class Topics implements View, JobContext, Subscriptions {

        private final Map<Topic<?>, List<Object>> logs = new HashMap<>();
        private final Map<Topic<?>, EventHandler<?>> handlers = new HashMap<>();
        private int prompts = 12;
        /** Takes nothing more in. */
        private @Nullable Topic<?> full;

        <T> List<T> log(Topic<T> topic) {
            return logs.getOrDefault(topic, List.of()).stream()
                    .map(topic.eventClass()::cast)
                    .toList();
        }

        @Override
        public <T> void publish(Topic<T> topic, T event) {
            if (topic == full) {
                throw new IllegalStateException(topic.name() + " is full");
            }
            List<Object> log = logs.computeIfAbsent(topic, any -> new ArrayList<>());
            log.add(event);
            hand(topic, event, log.size() - 1);
        }

        @SuppressWarnings("unchecked") // the map holds an EventHandler<T> for each Topic<T>
        private <T> void hand(Topic<T> topic, T event, long offset) {
            EventHandler<T> handler = (EventHandler<T>) handlers.get(topic);
            try {
                if (handler != null) {
                    handler.handle(event, origin(topic, topic.key(event), offset));
                }
            } catch (PoisonEventException e) {
                throw new IllegalArgumentException(e);
            }
        }

        private static Origin origin(Topic<?> topic, String key, long offset) {
            return new RecordOrigin(new ConsumerRecord<>(topic.name(), 0, offset, key.getBytes(UTF_8), new byte[0]));
        }

        @Override
        public <T> void follow(Topic<T> topic, EventHandler<T> handler) {
            handlers.put(topic, handler);
            List<T> log = log(topic);
            for (int offset = 0; offset < log.size(); offset++) {
                hand(topic, log.get(offset), offset);
            }
        }

        @Override
        public <T> void followAfter(Topic<?> earlier, Topic<T> topic, EventHandler<T> handler) {
            follow(topic, handler);
        }

        @Override
        public void ask(Question<?> question) {}

        @Override
        public <T> T answer(Question<T> question) {
            try {
                return question.ask();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public <T> List<T> newestByKey(Topic<T> topic) {
            SequencedMap<String, T> newest = new LinkedHashMap<>();
            log(topic).forEach(event -> newest.putLast(topic.key(event), event));
            return List.copyOf(newest.values());
        }

        @Override
        public DatasetSnapshot snapshot(Topic<?> topic) {
            return new DatasetSnapshot(topic.name(), List.of(new PartitionRange(0, 0, prompts)));
        }

        @Override
        public long count(Topic<?> topic) {
            return prompts;
        }

        @Override
        public Duration quietFor(Topic<?> topic) {
            return Duration.ofDays(1);
        }

        @Override
        public <T> Stream<Entry<T>> read(Topic<T> topic, DatasetSnapshot snapshot) {
            return TinyParents.prompts(prompts).stream()
                    .map(prompt -> new Entry<>(topic.eventClass().cast(prompt), origin(topic, prompt.id(), 0)));
        }

        @Override
        public boolean stopRequested() {
            return false;
        }

        @Override
        public void progress(String phase, long step, long totalSteps, Map<String, Double> metrics) {}

        @Override
        public void healed(Reason what) {}
    }
}
