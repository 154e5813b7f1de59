package io.alignstream.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keeps true that an algorithm is one objective, one loop and its settings, as the architecture's walk says. */
class DpoLoopTest {

    private static final Tokenizer TOKENIZER =
            new BpeTrainer(300).train(List.of("Which tower is taller?", "The old one.", "The new one.").stream());

    @TempDir
    private Path folder;

    @Test
    void prefersTheChosenAnswers() throws IOException {
        // When
        Trainer.Result first = train("one", Recorder.toTheEnd(), 1).orElseThrow();
        Trainer.Result last = train("all", Recorder.toTheEnd(), 12).orElseThrow();

        // Then: before the first update policy and reference are the same model
        assertThat(first.metrics().get("loss")).isCloseTo(Math.log(2), within(1e-5));
        assertThat(last.metrics().get("loss")).isLessThan(0.3);
        assertThat(last.metrics().get("margin")).isPositive();
    }

    @Test
    void isStoppedAndGoesOnToTheSameModel() throws IOException {
        // Given
        Trainer.Result undisturbed =
                train("undisturbed", Recorder.toTheEnd(), 12).orElseThrow();
        Optional<Trainer.Result> stopped = train("stopped", Recorder.until(5), 12);

        // When
        Trainer.Result resumed = train("stopped", Recorder.toTheEnd(), 12).orElseThrow();

        // Then
        assertThat(stopped).isEmpty();
        assertThat(resumed.checkpoint().sha256())
                .isEqualTo(undisturbed.checkpoint().sha256());
    }

    private Optional<Trainer.Result> train(String name, Monitor monitor, long steps) throws IOException {
        Path place = folder.resolve(name);
        DpoLoop.Settings settings = new DpoLoop.Settings(0.5, 3e-3, steps);
        try (CheckpointStore store = CheckpointStore.open(place.toUri(), place);
                Transformer reference = Transformer.initialise(TransformerConfig.of(300, 1, 32, 64), 7)) {
            TrainingRun run = new TrainingRuns(store, Stage.RLHF)
                    .of(Lineage.NONE, List.of(), Map.of("steps", Long.toString(steps)));
            Trainer.Settings plan =
                    new Trainer.Settings(new Trainer.Saving(4, Duration.ofDays(1)), new Trainer.Healing(0, 0.5), 0);
            return new Trainer(run, new DpoLoop.Inputs(settings, reference, TOKENIZER, requests()), plan, monitor)
                    .train();
        }
    }

    private static List<RankedAnswers> requests() {
        RankingRequest request = new RankingRequest(
                "towers",
                List.of(Message.user("Which tower is taller?")),
                List.of("The old one.", "The new one."),
                null,
                Map.of());
        Ranking ranking = new Ranking("towers", "ann", List.of(List.of(1), List.of(0)), List.of(), List.of(), "test");
        return RankedAnswers.of(TOKENIZER, List.of(request), List.of(ranking));
    }
}
