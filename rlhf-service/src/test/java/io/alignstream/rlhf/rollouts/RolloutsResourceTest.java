package io.alignstream.rlhf.rollouts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.quarkus.qute.Engine;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is answered about records that cannot be read, or not by the reward model that is named. */
class RolloutsResourceTest {

    @TempDir
    Path folder;

    @Test
    void aDamagedRecordIsSaidToBeOne() throws IOException {
        // Given
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            TrainingRun run = run(store);
            damage(keep(run, 1, "first"));

            // When
            Response answer = resource(store).iteration(run.id(), 1, 5, null);

            // Then
            assertThat(answer.getStatus()).isEqualTo(410);
            assertThat(refusal(answer).get("code")).isEqualTo("refusal.notReadable");
        }
    }

    @Test
    void aDamagedRecordHidesNoLaterOne() throws IOException {
        // Given
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            TrainingRun run = run(store);
            damage(keep(run, 1, "first"));
            keep(run, 2, "second");
            keep(run, 3, "third");

            // When
            Response answer = resource(store).iteration(run.id(), 3, 5, null);

            // Then
            assertThat(((RolloutHistory.Iteration) answer.getEntity()).best())
                    .extracting(RolloutHistory.Shown::answer, RolloutHistory.Shown::before)
                    .containsExactly(tuple("third", "second"));
        }
    }

    @Test
    void aRewardModelOfAnotherTokenizerIsRefused() throws IOException {
        // Given
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            TrainingRun run =
                    run(store, Lineage.of(Lineage.SFT, TinyParents.sft(store).reference()));
            keep(run, 1, "first");
            Tokenizer other = new BpeTrainer(300).train(Stream.of("something else"));
            TrainingRun reward = new TrainingRuns(store, Stage.REWARD).of(Lineage.NONE, List.of(), Map.of());
            reward.save(1, true, Map.of(), Map.of(), Map.of(), Set.of(), other::save);

            // When
            Response answer = resource(store).iteration(run.id(), 1, 5, reward.id());

            // Then
            assertThat(answer.getStatus()).isEqualTo(400);
            assertThat(refusal(answer).get("code")).isEqualTo("refusal.rolloutTokenizer");
            assertThat((Map<?, ?>) refusal(answer).get("arguments"))
                    .extracting(arguments -> arguments.get("tokenizer"), arguments -> arguments.get("known"))
                    .containsExactly(
                            other.sha256().substring(0, 12),
                            TinyParents.TOKENIZER.sha256().substring(0, 12));
        }
    }

    @Test
    void aRewardModelOfFewerPositionsThanAnAnswerHasIsRefused() throws IOException {
        // Given: a reward model of 48 positions
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            Checkpoint sft = TinyParents.sft(store);
            TrainingRun run = run(store, Lineage.of(Lineage.SFT, sft.reference()));
            keep(run, 1, "long", new int[40]);
            String reward = TinyParents.reward(store, sft).run();

            // When
            Response answer = resource(store).iteration(run.id(), 1, 5, reward);

            // Then
            assertThat(answer.getStatus()).isEqualTo(400);
            assertThat(refusal(answer).get("code")).isEqualTo("refusal.rolloutTooLong");
        }
    }

    private static RolloutsResource resource(CheckpointStore store) {
        return new RolloutsResource(
                new RolloutHistory(store),
                Engine.builder().addDefaults().build().parse(""));
    }

    private static TrainingRun run(CheckpointStore store) {
        return run(store, Lineage.NONE);
    }

    private static TrainingRun run(CheckpointStore store, Lineage lineage) {
        return new TrainingRuns(store, Stage.RLHF).of(lineage, List.of(), Map.of());
    }

    private static Reference keep(TrainingRun run, long iteration, String answer) throws IOException {
        return keep(run, iteration, answer, new int[1]);
    }

    private static Reference keep(TrainingRun run, long iteration, String answer, int[] tokens) throws IOException {
        Rollouts rollouts = new Rollouts(
                Rollouts.VERSION,
                "ppo",
                iteration,
                List.of(new Rollouts.Answer(
                        "asked",
                        answer,
                        new int[10],
                        tokens,
                        new float[tokens.length],
                        new float[tokens.length],
                        0.5,
                        true)));
        return run.record(iteration, rollouts::write);
    }

    private static void damage(Reference record) throws IOException {
        Files.writeString(Path.of(record.uri()).resolve(Rollouts.FILE), "{");
    }

    private static Map<?, ?> refusal(Response answer) {
        return (Map<?, ?>) ((Map<?, ?>) answer.getEntity()).get("error");
    }
}
