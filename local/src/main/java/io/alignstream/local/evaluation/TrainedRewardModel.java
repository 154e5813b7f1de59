package io.alignstream.local.evaluation;

import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

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

    /** The score of {@code answer} to {@code prompt}. */
    public double score(String prompt, String answer) {
        return model.scores(List.of(ChatTemplate.conversation(tokenizer, List.of(Message.user(prompt)), answer)
                .ids()))[0];
    }

    @Override
    public void close() {
        model.close();
    }
}
