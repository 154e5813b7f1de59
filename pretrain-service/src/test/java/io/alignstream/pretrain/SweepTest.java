package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepTest {

    @TempDir
    private Path folder;

    @Test
    void theBetterHalfGoesOnFromWhereItWas() throws Exception {
        // Given
        Tokenizer tokenizer = TinyText.tokenizer();
        PreparedText text = new PreparedText(
                tokenizer, TinyText.sequences(tokenizer, 0, 60), TinyText.sequences(tokenizer, 1_000, 8));
        SweepFile file = SweepFile.of(new TreeMap<>(Map.of(
                "alignstream.pretrain.layers", "1",
                "alignstream.pretrain.width", "32",
                "alignstream.pretrain.batch-sequences", "4",
                "alignstream.pretrain.steps", "40",
                "alignstream.pretrain.shuffle-window", "16",
                "alignstream.pretrain.validate-every", "5",
                "alignstream.pretrain.learning-rate", "0.00001,0.0001,0.001,0.01")));
        List<Double> shares = new ArrayList<>();
        List<Long> steps = new ArrayList<>();

        // When
        List<Sweep.Trial> ranked;
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            ranked = new Sweep(file, text, store, (round, rounds, trial, done) -> {
                        shares.add(done);
                        steps.add(trial.step);
                    })
                    .run();
        }

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
    void everyCombinationIsASet() {
        // When
        SweepFile file =
                SweepFile.of(new TreeMap<>(Map.of("a.x", "1,2,3", "a.y", "4,5", "a.z", "6", "sweep.keep", "0.3")));

        // Then
        assertThat(file.sets())
                .hasSize(6)
                .contains(Map.of("a.x", "2", "a.y", "5", "a.z", "6"))
                .doesNotHaveDuplicates();
        assertThat(file.title(file.sets().getFirst())).isEqualTo("x=1 y=4");
        assertThat(Sweep.sizes(6, 0.3)).containsExactly(6, 2, 1);
    }

    @Test
    void saysWhatIsWrongWithAFile() {
        assertThatThrownBy(() -> SweepFile.of(new TreeMap<>(Map.of("a.x", "1"))))
                .hasMessageContaining("1 sets of settings but must have 2 to 64");
        assertThatThrownBy(() -> SweepFile.of(new TreeMap<>(Map.of("a.x", "1,2", "sweep.keep", "1.5"))))
                .hasMessageContaining("sweep.keep is 1.5");
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
}
