package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardEnsemble.Combination;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.stageruntime.testing.Settings;
import io.alignstream.training.Lineage;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.testing.FigureNames;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ensembles, criteria and the model in use, in a world where people prefer token {@value #HELPFUL} or {@value #SAFE}. */
class SeveralRewardModelsTest {

    private static final int HELPFUL = 5;
    private static final int SAFE = 6;
    private static final int END = 1;
    private static final TransformerConfig SIZE = TransformerConfig.of(24, 2, 32, 24);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void an_ensemble_lies_beside_the_model_and_tells_where_it_disagrees() throws IOException {
        // Given
        RewardSettings settings = settings(Map.of("alignstream.reward.training.ensemble", "3"));
        Recorder recorder = Recorder.toTheEnd();

        // When
        Path stored = train("ensemble", settings, ranked("", HELPFUL, SAFE, 48), recorder);

        // Then: members that differ, all of which have learned
        try (RewardEnsemble ensemble = RewardEnsemble.load(stored, Combination.MEAN);
                RewardEnsemble judge = RewardEnsemble.loadJudge(stored, Combination.MEAN)) {
            assertThat(stored.resolve("reward-2.safetensors")).exists();
            assertThat(stored.resolve("reward-3.safetensors")).exists();
            assertThat(ensemble.members()).hasSize(3).allSatisfy(member -> {
                double[] scores = member.model().scores(rows(HELPFUL, SAFE));
                assertThat(scores[0]).isGreaterThan(scores[1]);
            });
            assertThat(judge.members()).hasSize(1);
            RewardEnsemble.Scores scores = ensemble.judge(rows(HELPFUL, SAFE));
            assertThat(Arrays.stream(scores.deviations()))
                    .allSatisfy(deviation -> assertThat(deviation).isPositive());
        }
        assertThat(recorder.figures().getLast()).containsKeys("disagreement", "pairAccuracy/sameLength");
        assertThat(FigureNames.missing(recorder, Map.of())).isEmpty();
    }

    @Test
    void an_interrupted_ensemble_ends_as_if_it_had_not_been() throws IOException {
        // Given
        RewardSettings settings = settings(Map.of("alignstream.reward.training.ensemble", "2"));
        List<RankedAnswers> requests = ranked("", HELPFUL, SAFE, 20);
        Path undisturbed = train("undisturbed", settings, requests, Recorder.toTheEnd());
        trainer("resumed", settings, requests, Recorder.until(12)).train();

        // When
        Path resumed = train("resumed", settings, requests, Recorder.toTheEnd());

        // Then: content addresses
        assertThat(resumed.getFileName()).isEqualTo(undisturbed.getFileName());
    }

    @Test
    void weights_of_the_criteria_decide_which_answer_is_worth_more() throws IOException {
        // Given: one criterion prefers what the other one rejects
        List<RankedAnswers> requests = new ArrayList<>(ranked("helpful", HELPFUL, SAFE, 40));
        requests.addAll(ranked("safe", SAFE, HELPFUL, 40));
        Recorder recorder = Recorder.toTheEnd();

        // When
        Path stored = train("criteria", settings(Map.of()), requests, recorder);

        // Then
        try (RewardEnsemble helpful = RewardEnsemble.load(stored, new Combination(1, Map.of("helpful", 3.0)));
                RewardEnsemble safe = RewardEnsemble.load(stored, new Combination(1, Map.of("safe", 3.0)));
                RewardEnsemble judge = RewardEnsemble.loadJudge(stored, new Combination(1, Map.of("safe", 3.0)))) {
            double[] byHelpful = helpful.scores(rows(HELPFUL, SAFE));
            double[] bySafe = safe.scores(rows(HELPFUL, SAFE));
            double[] byJudge = judge.scores(rows(HELPFUL, SAFE));
            assertThat(byHelpful[0]).isGreaterThan(byHelpful[1]);
            assertThat(bySafe[0]).isLessThan(bySafe[1]);
            assertThat(byJudge[0]).isLessThan(byJudge[1]);
        }
        assertThat(recorder.figures().getLast())
                .hasEntrySatisfying("criterion/helpful/pairAccuracy", value -> assertThat(value)
                        .isGreaterThan(0.9))
                .hasEntrySatisfying("criterion/safe/pairAccuracy", value -> assertThat(value)
                        .isGreaterThan(0.9));
        assertThat(FigureNames.missing(recorder, Map.of())).isEmpty();
        assertThatThrownBy(() -> RewardEnsemble.load(stored, new Combination(1, Map.of("kind", 1.0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[helpful, safe]");
    }

    @Test
    void a_model_that_learned_reversed_rankings_does_not_take_the_place_of_the_one_in_use() throws IOException {
        // Given: what is held out is ranked as before, what is learned is reversed
        List<RankedAnswers> right = ranked("", HELPFUL, SAFE, 64);
        List<RankedAnswers> reversed = new ArrayList<>();
        List<RankedAnswers> other = ranked("", SAFE, HELPFUL, 64);
        for (int i = 0; i < right.size(); i++) {
            reversed.add(right.get(i).heldOut(0.25) ? right.get(i) : other.get(i));
        }
        List<RankedAnswers> heldOut =
                right.stream().filter(request -> request.heldOut(0.25)).toList();
        Path inUse = train("right", settings(Map.of()), right, Recorder.toTheEnd());
        Path candidate = train("reversed", settings(Map.of()), reversed, Recorder.toTheEnd());

        try (RewardEnsemble good = RewardEnsemble.load(inUse, Combination.MEAN);
                RewardEnsemble bad = RewardEnsemble.load(candidate, Combination.MEAN)) {
            // When
            Checkpoint.Promotion refused =
                    RewardComparison.of(bad, good, heldOut).promotion();
            Checkpoint.Promotion better =
                    RewardComparison.of(good, bad, heldOut).promotion();
            Checkpoint.Promotion same = RewardComparison.of(good, good, heldOut).promotion();
            Checkpoint.Promotion nothing =
                    RewardComparison.of(bad, good, List.of()).promotion();

            // Then
            assertThat(refused.granted()).isFalse();
            assertThat(Messages.english(refused.reason())).contains("not promoted", "in use 1");
            assertThat(Messages.in(Language.CHINESE).text(refused.reason())).contains("未采用");
            assertThat(better.granted()).isTrue();
            assertThat(same.granted()).isTrue();
            assertThat(nothing.granted()).isTrue();
            assertThat(nothing.reason().code()).isEqualTo("reward.notCompared");
        }
    }

    @Test
    void accuracy_is_told_by_the_length_of_the_better_answer() throws IOException {
        // Given: people who prefer what is longer, in three of four requests
        List<RankedAnswers> requests = new ArrayList<>();
        SplittableRandom random = SeededRandom.of(1, "lengths", 0);
        for (int i = 0; i < 64; i++) {
            int[] prompt = prompt(random);
            boolean longer = HeldOut.place("prompt " + i) >= 0.25 || i % 2 == 0;
            requests.add(request(
                    "prompt " + i,
                    "",
                    prompt,
                    longer ? row(prompt, 8, 8, 8) : row(prompt, 8),
                    longer ? row(prompt, 8) : row(prompt, 8, 8, 8)));
        }
        Recorder recorder = Recorder.toTheEnd();

        // When
        train("lengths", settings(Map.of()), requests, recorder);

        // Then: the model knows length and nothing else
        assertThat(recorder.figures().getLast())
                .containsEntry("pairAccuracy/longer", 1.0)
                .containsEntry("pairAccuracy/shorter", 0.0)
                .containsEntry("pairAccuracy/lengthBalanced", 0.5);
    }

    private static RewardSettings settings(Map<String, String> overrides) {
        Map<String, String> values = new HashMap<>(Map.of(
                "alignstream.reward.training.depth-share", "0.5",
                "alignstream.reward.training.epochs", "6",
                "alignstream.reward.training.learning-rate", "5e-3",
                "alignstream.reward.training.held-out-share", "0.25",
                "alignstream.reward.training.max-answer-tokens", "6",
                "alignstream.reward.checkpoint-every", "5",
                "alignstream.reward.validate-every", "10",
                "alignstream.reward.seed", "1"));
        values.putAll(overrides);
        return Settings.of(RewardConfig.class, values).settings();
    }

    private Trainer trainer(String name, RewardSettings settings, List<RankedAnswers> requests, Recorder recorder)
            throws IOException {
        Path root = folder.resolve(name);
        CheckpointStore store = CheckpointStore.open(root.toUri(), root);
        TrainingRun run = new TrainingRuns(store, Stage.REWARD).of(Lineage.NONE, List.of(), settings.hyperparameters());
        return new Trainer(
                run,
                new RewardLoop.Inputs(settings, Transformer.initialise(SIZE, 1), TinySft.TOKENIZER, requests),
                settings.training(),
                recorder);
    }

    /** The folder of the finished model. */
    private Path train(String name, RewardSettings settings, List<RankedAnswers> requests, Recorder recorder)
            throws IOException {
        Optional<Trainer.Result> result =
                trainer(name, settings, requests, recorder).train();
        return Path.of(result.orElseThrow().checkpoint().uri());
    }

    private static List<RankedAnswers> ranked(String criterion, int better, int worse, int count) {
        SplittableRandom random = SeededRandom.of(1, "requests", 0);
        List<RankedAnswers> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] prompt = prompt(random);
            requests.add(
                    request("prompt " + i, criterion, prompt, row(prompt, better, better), row(prompt, worse, worse)));
        }
        return requests;
    }

    private static RankedAnswers request(
            String text, String criterion, int[] prompt, Conversation better, Conversation worse) {
        return new RankedAnswers(
                HeldOut.place(text),
                criterion,
                prompt,
                List.of(better, worse),
                List.of(new PreferencePair(0, 1, 1, 1, false)));
    }

    /** One answer of each token to a prompt that nobody was asked. */
    private static List<int[]> rows(int... tokens) {
        int[] prompt = prompt(SeededRandom.of(1, "new prompt", 0));
        return Arrays.stream(tokens)
                .mapToObj(token -> row(prompt, token, token).ids())
                .toList();
    }

    private static int[] prompt(SplittableRandom random) {
        return random.ints(4, 10, SIZE.vocabularySize()).toArray();
    }

    private static Conversation row(int[] prompt, int... answer) {
        int[] row = Arrays.copyOf(prompt, prompt.length + answer.length + 1);
        System.arraycopy(answer, 0, row, prompt.length, answer.length);
        row[row.length - 1] = END;
        boolean[] learned = new boolean[row.length];
        Arrays.fill(learned, prompt.length, row.length, true);
        return new Conversation(row, learned);
    }
}
