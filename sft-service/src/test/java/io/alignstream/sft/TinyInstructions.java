package io.alignstream.sft;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.optimiser.LinearSchedule;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.training.Learner;
import io.alignstream.training.Trainer;
import io.alignstream.training.memory.ActivationMemory;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Instructions, a base model and settings that train in a moment. */
final class TinyInstructions {

    private static final List<String> PLACES = List.of("成都", "上海", "北京", "西安", "杭州");
    private static final List<String> SIGHTS = List.of("熊猫基地", "外滩", "长城", "兵马俑", "西湖");

    private TinyInstructions() {}

    /** 40 instructions with two answers each. */
    static List<Instruction> all() {
        List<Instruction> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String sight = SIGHTS.get(i % 5);
            String question = PLACES.get(i % 5) + "必去的地方是啥" + "？".repeat(i / 5 % 4);
            all.add(new Instruction(
                    "instruction-" + (10 + i), List.of(Message.user(question)), List.of(sight, sight + "啊"), Map.of()));
        }
        return all;
    }

    static Tokenizer tokenizer() {
        return new BpeTrainer(330)
                .train(all().stream()
                        .flatMap(instruction -> Stream.of(
                                instruction.messages().getFirst().content(),
                                instruction.referenceAnswers().getFirst())));
    }

    /** A base model with random weights and 48 positions. */
    static void writeBase(Path folder) throws IOException {
        writeBase(folder, 0);
    }

    /** A base model of 48 positions that has read the instructions as documents so many times. */
    static void writeBase(Path folder, int passes) throws IOException {
        Tokenizer tokenizer = tokenizer();
        List<int[]> documents = all().stream()
                .map(TinyInstructions::document)
                .map(tokenizer::encode)
                .toList();
        try (Transformer model =
                        Transformer.initialise(TransformerConfig.of(tokenizer.vocabularySize(), 2, 32, 48), 1);
                Learner learner = new Learner(model, AdamW.Settings.PRETRAINING)) {
            for (int pass = 0; pass < passes; pass++) {
                learner.step(new NextTokenObjective(model), Sequences.packed(documents, tokenizer.pad()), 1e-2);
            }
            model.config().save(folder, new int[] {tokenizer.endOfDocument()}, tokenizer.pad());
            tokenizer.save(folder);
            Safetensors.write(folder.resolve("model.safetensors"), model.tensors(), Map.of());
        }
    }

    private static String document(Instruction instruction) {
        return instruction.messages().getFirst().content() + "\n"
                + instruction.referenceAnswers().getFirst() + "\n";
    }

    static SftSettings settings(int epochs, int checkpointEvery) {
        return settings(epochs, checkpointEvery, null);
    }

    static SftSettings settings(int epochs, int checkpointEvery, SftSettings.@Nullable Lora lora) {
        return settings(epochs, 8, checkpointEvery, 1e-2, ActivationMemory.DEFAULT, lora);
    }

    static SftSettings settings(
            int epochs,
            int batchInstructions,
            int checkpointEvery,
            double learningRate,
            ActivationMemory memory,
            SftSettings.@Nullable Lora lora) {
        return new SftSettings(
                epochs,
                batchInstructions,
                new LinearSchedule(learningRate, 0.1),
                1,
                0.1,
                5,
                new Trainer.Settings(
                        new Trainer.Saving(checkpointEvery, Duration.ofHours(1)),
                        new Trainer.Healing(3, SftLoop.RECOVERY_FACTOR),
                        0),
                memory,
                Precision.FLOAT32,
                lora,
                1);
    }

    /** The same for workers that share each step. */
    static SftSettings inShards(SftSettings settings, int shards) {
        return new SftSettings(
                settings.epochs(),
                settings.batchInstructions(),
                settings.schedule(),
                settings.seed(),
                settings.heldOutShare(),
                settings.validateEvery(),
                settings.training(),
                settings.memory(),
                settings.precision(),
                settings.lora(),
                shards);
    }

    /** The settings that a user gets who sets the precision and the rank of the adapters only. */
    static SftSettings configured(String precision, String rank) {
        return configured(Map.of("alignstream.sft.precision", precision, "alignstream.sft.lora.rank", rank));
    }

    /** The settings that a user gets who sets these values only. */
    static SftSettings configured(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withDefaultValues(values)
                .withMapping(SftConfig.class)
                .build()
                .getConfigMapping(SftConfig.class)
                .settings();
    }
}
