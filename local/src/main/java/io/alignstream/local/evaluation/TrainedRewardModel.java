package io.alignstream.local.evaluation;

import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** A reward model's checkpoint, all its members together, with its tokenizer, to be asked; for use by one thread. */
public final class TrainedRewardModel implements AutoCloseable {

    private final Tokenizer tokenizer;
    private final RewardEnsemble model;

    private TrainedRewardModel(Tokenizer tokenizer, RewardEnsemble model) {
        this.tokenizer = tokenizer;
        this.model = model;
    }

    /** Loads a checkpoint folder. */
    public static TrainedRewardModel load(Path folder) throws IOException {
        return new TrainedRewardModel(
                Tokenizer.load(folder), RewardEnsemble.load(folder, RewardEnsemble.Combination.MEAN));
    }

    /** The score of each answer to the prompt at its place. */
    public double[] scores(List<String> prompts, List<String> answers) {
        return model.scores(IntStream.range(0, prompts.size())
                .mapToObj(
                        i -> ChatTemplate.conversation(tokenizer, List.of(Message.user(prompts.get(i))), answers.get(i))
                                .ids())
                .toList());
    }

    @Override
    public void close() {
        model.close();
    }
}
