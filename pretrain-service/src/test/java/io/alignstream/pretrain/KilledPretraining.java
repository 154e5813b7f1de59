package io.alignstream.pretrain;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.TrainingRuns;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A process that pretrains into the store given by its argument and says each step, to be killed by a test. */
final class KilledPretraining {

    private KilledPretraining() {}

    static PretrainLoop loop(Path store, PretrainLoop.Monitor monitor) throws IOException {
        Tokenizer tokenizer = TinyText.tokenizer();
        PretrainSettings settings = TinyText.settings(60, 7, Duration.ofHours(1));
        CheckpointStore opened = CheckpointStore.open(store.toUri(), store);
        return new PretrainLoop(
                settings,
                tokenizer,
                SequenceSource.of(TinyText.sequences(tokenizer, 0, 50)),
                List.of(),
                Optional.empty(),
                new TrainingRuns(opened, Stage.PRETRAIN).of(Map.of(), List.of(), settings.hyperparameters()),
                monitor);
    }

    @SuppressWarnings("SystemOut") // the parent process reads it
    public static void main(String[] arguments) throws IOException {
        loop(Path.of(arguments[0]), (step, totalSteps, metrics) -> System.out.println("step " + step))
                .run();
    }
}
