package io.alignstream.rlhf;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.rlhf.guard.Guard;
import io.alignstream.rlhf.guard.GuardConfig;
import io.alignstream.stageruntime.testing.Settings;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** An SFT model and a reward model of it, both with random weights, and prompts for them. */
public final class TinyParents {

    public static final Tokenizer TOKENIZER = new BpeTrainer(300)
            .train(Stream.of("成都必去景点：熊猫基地。", "西安必去景点：兵马俑。", "北京必去景点：故宫。").iterator());

    private static final TransformerConfig SIZE = TransformerConfig.of(TOKENIZER.vocabularySize(), 2, 32, 48);

    private TinyParents() {}

    /** A guard with the default settings that has heard of no run. */
    static Guard guard() {
        return new Guard(Settings.of(GuardConfig.class, Map.of()));
    }

    public static Checkpoint sft(CheckpointStore store) throws IOException {
        try (Transformer model = Transformer.initialise(SIZE, 1)) {
            return save(store, Stage.SFT, Map.of(), List.of(), Map.of(), SIZE, model.tensors());
        }
    }

    public static Checkpoint reward(CheckpointStore store, Checkpoint sft) throws IOException {
        return reward(store, sft, List.of(), Map.of());
    }

    /** A checkpoint that is whole but cannot be loaded, as its network has no head. */
    static Checkpoint unloadableReward(CheckpointStore store, Checkpoint sft) throws IOException {
        try (Transformer headless = Transformer.initialise(SIZE.withLayers(1), 2)) {
            return save(
                    store,
                    Stage.REWARD,
                    Map.of("sft", sft.reference()),
                    List.of(),
                    Map.of(),
                    SIZE.withLayers(1),
                    headless.tensors());
        }
    }

    /** The same that says it has learned from {@code datasets}, and how well. */
    public static Checkpoint reward(
            CheckpointStore store, Checkpoint sft, List<DatasetSnapshot> datasets, Map<String, Double> metrics)
            throws IOException {
        Transformer network = Transformer.initialise(SIZE.withLayers(1), 2);
        network.addHead(2);
        try (RewardModel model = new RewardModel(network, 0.5f)) {
            return save(
                    store,
                    Stage.REWARD,
                    Map.of("sft", sft.reference()),
                    datasets,
                    metrics,
                    SIZE.withLayers(1),
                    model.views());
        }
    }

    public static List<Prompt> prompts(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Prompt(
                        "p" + i,
                        List.of(Message.user("必去景点" + i)),
                        Map.of("purpose", i % 4 == 0 ? "held-out" : "train")))
                .toList();
    }

    private static Checkpoint save(
            CheckpointStore store,
            Stage stage,
            Map<String, Reference> parents,
            List<DatasetSnapshot> datasets,
            Map<String, Double> metrics,
            TransformerConfig size,
            Map<String, Tensor> weights)
            throws IOException {
        TrainingRun run = new TrainingRuns(store, stage).of(new Lineage(new TreeMap<>(parents)), datasets, Map.of());
        Reference reference = run.save(1, true, Map.of(), metrics, Map.of(), Set.of(), folder -> {
            size.save(folder, new int[] {TOKENIZER.endOfTurn()}, TOKENIZER.pad());
            TOKENIZER.save(folder);
            Safetensors.write(folder.resolve("model.safetensors"), weights, Map.of());
            if (stage == Stage.REWARD) {
                Safetensors.write(folder.resolve(RewardModel.JUDGE_FILE), weights, Map.of());
            }
        });
        return new Checkpoint(stage, run.id(), 1, reference, parents, datasets, metrics);
    }
}
