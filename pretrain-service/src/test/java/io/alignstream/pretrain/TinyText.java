package io.alignstream.pretrain;

import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.training.Trainer;
import io.alignstream.training.memory.ActivationMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A tokenizer, sequences and settings that train in a moment. */
public final class TinyText {

    static final int LENGTH = 16;

    private static final List<String> PLACES = List.of("成都", "上海", "北京", "西安", "杭州");
    private static final List<String> SIGHTS = List.of("熊猫基地", "外滩", "长城", "兵马俑", "西湖");

    private TinyText() {}

    public static Tokenizer tokenizer() {
        return new BpeTrainer(320).train(IntStream.range(0, 50).mapToObj(TinyText::sentence));
    }

    /** Sequences of {@value #LENGTH} tokens, another text for each {@code first}. */
    public static List<int[]> sequences(Tokenizer tokenizer, int first, int count) {
        List<int[]> rows = new ArrayList<>();
        int[] open = new int[0];
        for (int i = first; rows.size() < count; i++) {
            int[] text = tokenizer.encode(sentence(i));
            int filled = open.length;
            open = Arrays.copyOf(open, filled + text.length + 1);
            System.arraycopy(text, 0, open, filled, text.length);
            open[open.length - 1] = tokenizer.endOfDocument();
            if (open.length >= LENGTH) {
                rows.add(Arrays.copyOf(open, LENGTH));
                open = new int[0];
            }
        }
        return rows;
    }

    static PretrainSettings settings(long steps, int checkpointEvery, Duration checkpointInterval) {
        return new PretrainSettings(
                new PretrainSettings.Network(2, 32),
                new PretrainSettings.Batches(4, ActivationMemory.DEFAULT, 16),
                new Schedule(steps, 1, 3e-3, 0.1, 0.3, 2, 0.1),
                new PretrainSettings.Optimiser(0.1, 0.95, 1, 0.95, Precision.FLOAT32),
                new PretrainSettings.Holdout(8, 10),
                2,
                new Trainer.Settings(
                        new Trainer.Saving(checkpointEvery, checkpointInterval), new Trainer.Healing(8, 0.3), 5),
                1);
    }

    private static String sentence(int i) {
        return PLACES.get(i % 5) + "必去景点是" + SIGHTS.get(i % 5) + "，第" + i % 7 + "次去。";
    }
}
