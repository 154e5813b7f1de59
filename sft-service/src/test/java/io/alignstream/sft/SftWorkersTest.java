package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.languagemodel.collective.RendezvousServer;
import io.alignstream.training.LedElsewhereException;
import io.alignstream.training.Trainer;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.testing.CollectiveLibraryOfBuild;
import io.alignstream.training.testing.LocalMemberships;
import io.alignstream.training.testing.Recorder;
import io.alignstream.training.workers.WorkerGroup;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
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
        try (LocalMemberships memberships = new LocalMemberships(SHARDS);
                ExecutorService threads = Executors.newFixedThreadPool(WORKERS)) {
            List<Future<?>> working = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                working.add(threads.submit(() -> {
                    work(runs, settings, memberships, deaths);
                    return null;
                }));
            }
            for (Future<?> worker : working) {
                try {
                    worker.get(2, TimeUnit.MINUTES);
                } catch (ExecutionException e) {
                    assertThat(e.getCause()).isInstanceOf(Death.class);
                }
            }
        }

        // Then
        assertThat(deaths).containsExactly(2L);
        for (String file : List.of("model.safetensors", "training-state.safetensors")) {
            assertThat(Files.readAllBytes(runs.newest("together", settings, file)))
                    .as(file)
                    .isEqualTo(Files.readAllBytes(runs.newest("alone", settings, file)));
        }
    }

    private static final class Death extends Error {
        private static final long serialVersionUID = 1L;
    }

    private static void work(TinyRuns runs, SftSettings settings, LocalMemberships memberships, Set<Long> deaths)
            throws IOException {
        RendezvousServer server = RendezvousServer.open(InetAddress.getLoopbackAddress());
        Recorder recorder = Recorder.calling((step, figures) -> {
            if (step == 2 && deaths.add(step)) {
                throw new Death();
            }
        });
        try (WorkerGroup group = new WorkerGroup(() -> memberships.join(server.address()), server, SHARDS, 0.5)) {
            trainer(runs, "together", settings, recorder, group).train();
            group.dismiss();
        } catch (LedElsewhereException e) {
            // another one has the result
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
