package io.alignstream.reward;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** An SFT model with random weights, and prompts for it. */
final class TinySft {

    static final Tokenizer TOKENIZER = new BpeTrainer(300)
            .train(Stream.of("成都必去景点：熊猫基地。", "西安必去景点：兵马俑。", "北京必去景点：故宫。").iterator());

    private TinySft() {}

    /** Saves a model drawn with {@code seed}; the event that announces it. */
    static Checkpoint save(CheckpointStore store, long seed) throws IOException {
        var run = new TrainingRuns(store, Stage.SFT).of(Lineage.NONE, List.of(), Map.of("seed", Long.toString(seed)));
        TransformerConfig size = TransformerConfig.of(TOKENIZER.vocabularySize(), 2, 32, 48);
        try (Transformer model = Transformer.initialise(size, seed)) {
            Reference reference = run.save(1, true, Map.of(), Map.of(), Map.of(), Set.of(), folder -> {
                size.save(folder, new int[] {TOKENIZER.endOfTurn()}, TOKENIZER.pad());
                TOKENIZER.save(folder);
                Safetensors.write(folder.resolve("model.safetensors"), model.tensors(), Map.of());
            });
            return new Checkpoint(Stage.SFT, run.id(), 1, reference, Map.of(), List.of(), Map.of());
        }
    }

    /** Saves a reward model and a judge, drawn with {@code seed} and the one behind it. */
    static Checkpoint saveReward(CheckpointStore store, long seed) throws IOException {
        var run =
                new TrainingRuns(store, Stage.REWARD).of(Lineage.NONE, List.of(), Map.of("seed", Long.toString(seed)));
        TransformerConfig size = TransformerConfig.of(TOKENIZER.vocabularySize(), 1, 32, 48);
        try (Transformer reward = Transformer.initialise(size, seed);
                Transformer judge = Transformer.initialise(size, seed + 1)) {
            reward.addHead(seed);
            judge.addHead(seed + 1);
            Reference reference = run.save(1, true, Map.of(), Map.of(), Map.of(), Set.of(), folder -> {
                size.save(folder, new int[] {TOKENIZER.endOfTurn()}, TOKENIZER.pad());
                TOKENIZER.save(folder);
                Safetensors.write(folder.resolve("model.safetensors"), reward.views(), Map.of());
                Safetensors.write(folder.resolve(RewardModel.JUDGE_FILE), judge.views(), Map.of());
            });
            return new Checkpoint(Stage.REWARD, run.id(), 1, reference, Map.of(), List.of(), Map.of());
        }
    }

    static List<Prompt> prompts(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Prompt("p" + i, List.of(Message.user("必去景点" + i)), Map.of()))
                .toList();
    }
}
