package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.training.Trainer;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.testing.CollectiveLibraryOfBuild;
import io.alignstream.training.testing.Recorder;
import io.alignstream.training.testing.WorkerThreads;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several workers that fine-tune together, each a thread, over real process groups. */
class SftWorkersTest {

    private static final int SHARDS = 4;
    private static final int WORKERS = 3;

    @TempDir
    private Path folder;

    @BeforeAll
    static void library() {
        CollectiveLibraryOfBuild.use();
    }

    @Test
    void workers_of_whom_one_dies_tune_as_one_does() throws Exception {
        // Given
        Path base = Files.createDirectory(folder.resolve("base"));
        TinyInstructions.writeBase(base);
        TinyRuns runs = new TinyRuns(folder, base);
        SftSettings settings = TinyInstructions.inShards(TinyInstructions.settings(3, 3), SHARDS);
        assertThat(trainer(runs, "alone", settings, Recorder.toTheEnd(), Workers.alone(SHARDS))
                        .train())
                .isPresent();

        // When
        Set<Long> deaths = ConcurrentHashMap.newKeySet();
        WorkerThreads.work(WORKERS, SHARDS, (worker, group) -> {
            Recorder recorder = Recorder.calling((step, figures) -> {
                if (step == 2 && deaths.add(step)) {
                    throw new WorkerThreads.Death();
                }
            });
            trainer(runs, "together", settings, recorder, group).train();
        });

        // Then
        assertThat(deaths).containsExactly(2L);
        for (String file : List.of("model.safetensors", "training-state.safetensors")) {
            assertThat(Files.readAllBytes(runs.newest("together", settings, file)))
                    .as(file)
                    .isEqualTo(Files.readAllBytes(runs.newest("alone", settings, file)));
        }
    }

    private static Trainer trainer(TinyRuns runs, String name, SftSettings settings, Recorder recorder, Workers workers)
            throws IOException {
        return new Trainer(
                runs.run(name, settings),
                SftLoop.Inputs.of(settings, runs.base(), TinyInstructions.all()).with(workers),
                settings.training(),
                SampleSettings.NONE,
                recorder,
                workers);
    }
}
