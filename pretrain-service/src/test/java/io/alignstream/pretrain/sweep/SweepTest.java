package io.alignstream.pretrain.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.pretrain.PretrainSettings;
import io.alignstream.pretrain.TinyText;
import io.alignstream.pretrain.data.PreparedText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepTest {

    private static final Tokenizer TOKENIZER = TinyText.tokenizer();

    private final List<int[]> training = TinyText.sequences(TOKENIZER, 0, 60);

    @TempDir
    private Path folder;

    @Test
    void theBetterHalfGoesOnFromWhereItWas() throws Exception {
        // Given
        SweepFile file = file(Map.of("alignstream.pretrain.learning-rate", "0.00001,0.0001,0.001,0.01"));
        List<Double> shares = new ArrayList<>();
        List<Long> steps = new ArrayList<>();

        // When
        List<Sweep.Trial> ranked = run(file, (round, rounds, trial, done) -> {
            shares.add(done);
            steps.add(trial.step);
        });

        // Then
        assertThat(ranked).extracting(trial -> trial.step).containsExactly(40L, 20L, 10L, 10L);
        assertThat(ranked).extracting(trial -> trial.rounds).containsExactly(3, 2, 1, 1);
        assertThat(ranked.getFirst().title).isEqualTo("learning-rate=0.01");
        assertThat(ranked.getLast().title).isEqualTo("learning-rate=0.00001");
        assertThat(steps).as("no step is taken twice").hasSize(40 + 20 + 10 + 10);
        assertThat(shares).isSorted().last().satisfies(done -> assertThat(done).isBetween(0.99, 1.0));
        assertThat(SweepReport.table(ranked)).hasSize(5);
        assertThat(SweepReport.plot(ranked)).contains("learning-rate=0.001", "<polyline");
    }

    @Test
    void anInterruptedSweepEndsAsAnUndisturbedOneAndAFinishedOneTakesNoStep() throws Exception {
        // Given
        SweepFile file = file(Map.of("alignstream.pretrain.learning-rate", "0.0001,0.001,0.01"));
        List<Sweep.Trial> undisturbed = run(folder.resolve("undisturbed"), file, (round, rounds, trial, done) -> {});
        List<Long> steps = new ArrayList<>();
        Sweep.Watcher dying = (round, rounds, trial, done) -> {
            steps.add(trial.step);
            if (steps.size() == 47) {
                throw new OutOfMemoryError("as if killed");
            }
        };
        Throwable death = catchThrowable(() -> run(file, dying));

        // When
        List<Sweep.Trial> ranked = run(file, (round, rounds, trial, done) -> steps.add(trial.step));
        List<Long> more = new ArrayList<>();
        List<Sweep.Trial> again = run(file, (round, rounds, trial, done) -> more.add(trial.step));

        // Then
        assertThat(death).isInstanceOf(OutOfMemoryError.class);
        assertThat(SweepReport.table(ranked)).isEqualTo(SweepReport.table(undisturbed));
        assertThat(SweepReport.plot(ranked)).isEqualTo(SweepReport.plot(undisturbed));
        assertThat(more).isEmpty();
        assertThat(SweepReport.plot(again)).isEqualTo(SweepReport.plot(undisturbed));
    }

    @Test
    void aSetThatFailsMakesRoomForTheNextBest() throws Exception {
        // Given: text at the end that makes the loss no number; one sequence a step never gets there
        for (int[] sequence : training.subList(48, 60)) {
            Arrays.fill(sequence, TOKENIZER.pad());
        }
        SweepFile file = file(Map.of(
                "alignstream.pretrain.batch-sequences", "1,4",
                "alignstream.pretrain.recoveries", "0",
                "sweep.keep", "0.25"));

        // When
        List<Sweep.Trial> ranked = run(file, (round, rounds, trial, done) -> {});

        // Then
        Sweep.Trial failed = ranked.getLast();
        assertThat(failed.title).isEqualTo("batch-sequences=4");
        assertThat(failed.rounds).as("it was the better one").isEqualTo(2);
        assertThat(failed.outcome).startsWith("failed: step 13 failed: loss NaN");
        assertThat(ranked.getFirst().outcome).isEqualTo("finished");
        assertThat(ranked.getFirst().step).isEqualTo(40);
    }

    @Test
    void everyCombinationIsASet() {
        // When
        SweepFile file = SweepFile.of(new TreeMap<>(Map.of(
                "alignstream.pretrain.x", "1,2,3",
                "alignstream.pretrain.y", "4,5",
                "alignstream.z", "6",
                "sweep.keep", "0.3")));

        // Then
        assertThat(file.sets())
                .hasSize(6)
                .contains(Map.of("alignstream.pretrain.x", "2", "alignstream.pretrain.y", "5", "alignstream.z", "6"))
                .doesNotHaveDuplicates();
        assertThat(file.title(file.sets().getFirst())).isEqualTo("x=1 y=4");
        assertThat(Sweep.sizes(6, 0.3)).containsExactly(6, 2, 1);
    }

    @Test
    void saysWhatIsWrongWithAFile() {
        assertThatThrownBy(() -> file(Map.of())).hasMessageContaining("1 sets of settings but must have 2 to 64");
        assertThatThrownBy(() -> file(Map.of("alignstream.pretrain.depth", "1,2", "sweep.keep", "1.5")))
                .hasMessageContaining("sweep.keep is 1.5");
        assertThatThrownBy(() -> file(Map.of("alignstream.pretrain.objective", "next-token,masked")))
                .hasMessageContaining("alignstream.pretrain.objective is next-token,masked")
                .hasMessageContaining("bits per byte");
        assertThatThrownBy(() -> file(Map.of("pretrain.depth", "1,2")))
                .hasMessageContaining("pretrain.depth=1,2 is not for a sweep file");
        assertThatThrownBy(() -> file(Map.of("alignstream.tokenizer.vocabulary-size", "1024,2048")))
                .hasMessageContaining("only settings of alignstream.pretrain.… can vary");
        assertThatThrownBy(() -> new RunFile(Map.of("alignstream.tokenizer.sequence-length", "long")).sequenceLength())
                .hasMessageContaining("alignstream.tokenizer.sequence-length is long");
        assertThatThrownBy(() -> new RunFile(Map.of("alignstream.pretrain.lerning-rate", "1")).settings())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lerning-rate");
    }

    @Test
    void theDialGivesWhatIsNotSet() {
        // When
        PretrainSettings demo = new RunFile(Map.of()).settings();
        PretrainSettings deeper = new RunFile(
                        Map.of("alignstream.pretrain.depth", "8", "alignstream.pretrain.batch-sequences", "5"))
                .settings();

        // Then
        assertThat(demo.network()).isEqualTo(new PretrainSettings.Network(4, 128));
        assertThat(demo.batches().sequences()).isEqualTo(16);
        assertThat(demo.schedule().steps()).isEqualTo(1_200);
        assertThat(demo.schedule().learningRate()).isEqualTo(0.003);
        assertThat(deeper.network()).isEqualTo(new PretrainSettings.Network(8, 256));
        assertThat(deeper.batches().sequences()).isEqualTo(5);
        assertThat(deeper.schedule().steps()).isEqualTo(4_800);
    }

    private List<Sweep.Trial> run(SweepFile file, Sweep.Watcher watcher) throws IOException {
        return run(folder.resolve("sweep"), file, watcher);
    }

    private List<Sweep.Trial> run(Path to, SweepFile file, Sweep.Watcher watcher) throws IOException {
        PreparedText text = new PreparedText(TOKENIZER, training, TinyText.sequences(TOKENIZER, 1_000, 8));
        try (CheckpointStore store = CheckpointStore.open(to.toUri(), to)) {
            return new Sweep(file, text, store, to.resolve("curves"), watcher).run();
        }
    }

    private static SweepFile file(Map<String, String> more) {
        SequencedMap<String, String> values = new TreeMap<>(Map.of(
                "alignstream.pretrain.layers", "1",
                "alignstream.pretrain.width", "32",
                "alignstream.pretrain.batch-sequences", "4",
                "alignstream.pretrain.steps", "40",
                "alignstream.pretrain.shuffle-window", "16",
                "alignstream.pretrain.validate-every", "5"));
        values.putAll(more);
        return SweepFile.of(values);
    }
}
