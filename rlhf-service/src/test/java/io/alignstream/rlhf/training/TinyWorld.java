package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.objective.RankedPair;
import io.alignstream.languagemodel.objective.RankingObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.rlhf.RlhfConfig;
import io.alignstream.stageruntime.testing.Settings;
import io.alignstream.training.Learner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A language of 24 tokens in which every prompt has two right answers, as frequent as each other; the reward model
 * prefers the one with token {@value #GOOD}.
 */
final class TinyWorld {

    static final int END = 1;
    static final int GOOD = 5;
    static final int OTHER = 6;
    static final TransformerConfig SIZE = TransformerConfig.of(24, 2, 32, 24);
    static final RlhfSettings SETTINGS = settings(Map.of());

    private TinyWorld() {}

    static RlhfSettings settings(Map<String, String> overrides) {
        Map<String, String> all = new HashMap<>(Map.of(
                "alignstream.rlhf.seed", "3",
                "alignstream.rlhf.training.trainable-share", "1",
                "alignstream.rlhf.training.iterations", "14",
                "alignstream.rlhf.training.batch-episodes", "32",
                "alignstream.rlhf.training.minibatch-episodes", "16",
                "alignstream.rlhf.training.epochs", "2",
                "alignstream.rlhf.training.policy-learning-rate", "2e-3",
                "alignstream.rlhf.training.critic-learning-rate", "2e-3",
                "alignstream.rlhf.training.critic-warm-up", "2",
                "alignstream.rlhf.training.max-answer-tokens", "5"));
        all.putAll(overrides);
        return Settings.of(RlhfConfig.class, all).settings();
    }

    static List<int[]> prompts(String purpose, int count) {
        SplittableRandom random = SeededRandom.of(1, purpose, 0);
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            prompts.add(
                    random.ints(random.nextInt(2, 5), 10, SIZE.vocabularySize()).toArray());
        }
        return prompts;
    }

    private static int[] joined(int[] prompt, int... answer) {
        return IntStream.concat(Arrays.stream(prompt), Arrays.stream(answer)).toArray();
    }

    /** Answers {@value #GOOD} or {@value #OTHER} and ends, nearly always. */
    static Transformer sft() {
        return sft(new int[] {GOOD, END}, new int[] {OTHER, END});
    }

    /** Answers one of {@code answers} as often as another, nearly always. */
    static Transformer sft(int[]... answers) {
        Transformer model = Transformer.initialise(SIZE, 1);
        try (Learner learner = new Learner(model, AdamW.Settings.REINFORCEMENT)) {
            NextTokenObjective objective = new NextTokenObjective(model);
            List<int[]> prompts = prompts("sft", 64);
            for (int step = 0; step < 60; step++) {
                List<int[]> rows = new ArrayList<>();
                List<Integer> lengths = new ArrayList<>();
                for (int i = 0; i < 16; i++) {
                    int[] prompt = prompts.get((step * 16 + i) % prompts.size());
                    rows.add(joined(prompt, answers[i % answers.length]));
                    lengths.add(prompt.length);
                }
                learner.step(objective, Sequences.answers(rows, lengths), 5e-3);
            }
        }
        return model;
    }

    /** Of one block; scores near 1 and −1; learned from the prompts of {@code role}. */
    static RewardModel reward(Transformer sft, String role) {
        return reward(sft, role, new Preference(new int[] {GOOD, END}, new int[] {OTHER, END}));
    }

    /** One answer rather than another, to whatever prompt. */
    record Preference(int[] better, int[] worse) {}

    /** Of one block; learned from {@code preferences} on the prompts of {@code role}. */
    static RewardModel reward(Transformer sft, String role, Preference... preferences) {
        Transformer network = sft.copy(1);
        network.addHead(1);
        try (Learner learner = new Learner(network, AdamW.Settings.REINFORCEMENT)) {
            RankingObjective objective = new RankingObjective(network, 0.01);
            List<int[]> prompts = prompts(role, 64);
            for (int step = 0; step < 30; step++) {
                List<int[]> rows = new ArrayList<>();
                List<RankedPair> pairs = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    int[] prompt = prompts.get((step * 8 + i) % prompts.size());
                    Preference preference = preferences[i % preferences.length];
                    rows.add(joined(prompt, preference.better()));
                    rows.add(joined(prompt, preference.worse()));
                    pairs.add(new RankedPair(2 * i, 2 * i + 1, 0, 1 / 8.0, false));
                }
                int[] last = rows.stream().mapToInt(row -> row.length - 1).toArray();
                learner.step(objective, new RankingObjective.Batch(RewardModel.sequences(rows), last, pairs), 2e-3);
            }
        }
        return new RewardModel(network, 0);
    }
}
