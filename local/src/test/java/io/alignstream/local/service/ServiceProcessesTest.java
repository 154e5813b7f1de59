package io.alignstream.local.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.StageWorkers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceProcessesTest {

    @TempDir
    private Path folder;

    /** A service with another command would be restarted by the second command on a new data folder. */
    @Test
    void commandIsTheSameBeforeAndAfterTheDataFolderIsThere() throws Exception {
        // Given
        Installation installation = withJarOf(Stage.TOKENIZER);
        Site site = Site.at(folder.resolve("data"), null, null, null);
        List<String> first =
                new ServiceProcesses(site, installation).of(Stage.TOKENIZER).command();

        // When
        site.prepare();
        List<String> second =
                new ServiceProcesses(site, installation).of(Stage.TOKENIZER).command();

        // Then
        assertThat(second).isEqualTo(first);
    }

    @Test
    void workersDifferInTheirPortAndInWhereTheyKeepWhatTheyHaveRead() throws Exception {
        // Given
        Installation installation = withJarOf(Stage.PRETRAIN);
        Path views = folder.resolve("own-views");
        Site site = new Site(folder, 20_000, 1, List.of("-Dalignstream.views.folder=" + views))
                .withWorkers(Stage.PRETRAIN, new StageWorkers(2, 1));
        ServiceProcesses processes = new ServiceProcesses(site, installation);
        ProcessSpec first = processes.of(Stage.PRETRAIN);

        // When
        ProcessSpec second = processes.of(new ServiceInstance(Stage.PRETRAIN, 2));

        // Then
        assertThat(second.name()).isEqualTo("pretrain-service-2");
        assertThat(second.service()).isEqualTo(first.service()).isEqualTo("pretrain-service");
        assertThat(second.ports()).containsExactly(20_014);
        assertThat(second.environment()).isEqualTo(first.environment());
        assertThat(with(second.command(), first.command()))
                .containsExactly("-Dquarkus.http.port=20014", "-Dalignstream.views.folder=" + views + "-2");
        assertThat(with(first.command(), second.command())).containsExactly("-Dquarkus.http.port=20002");
    }

    /** What the user says comes later, and counts. */
    @Test
    void threadsOfWorkersAreThoseOfPretrainingAlone() throws Exception {
        // Given
        Installation installation = withJarOf(Stage.PRETRAIN);
        withJarOf(Stage.SFT);
        Site site = new Site(folder, 20_000, 1, List.of("-Dalignstream.torch.threads=3"))
                .withWorkers(Stage.PRETRAIN, new StageWorkers(2, 1));
        ServiceProcesses processes = new ServiceProcesses(site, installation);

        // When
        List<String> pretrain = processes.of(Stage.PRETRAIN).command();
        List<String> sft = processes.of(Stage.SFT).command();

        // Then
        assertThat(pretrain).containsSubsequence("-Dalignstream.torch.threads=1", "-Dalignstream.torch.threads=3");
        assertThat(sft).contains("-Dalignstream.torch.threads=3").doesNotContain("-Dalignstream.torch.threads=1");
    }

    @Test
    void workersThatComputeTogetherAreGivenTheLibraryForIt() throws Exception {
        // Given
        Installation installation = withJarOf(Stage.PRETRAIN);
        withJarOf(Stage.SFT);
        Files.createDirectories(installation.collectiveLibrary().getParent());
        Files.createFile(installation.collectiveLibrary());
        Site site = new Site(folder, 20_000, 1, List.of("-Dalignstream.pretrain.shards=2"));
        ServiceProcesses processes = new ServiceProcesses(site, installation);

        // When
        ProcessSpec pretrain = processes.of(Stage.PRETRAIN);

        // Then
        assertThat(pretrain.environment())
                .containsEntry(
                        CollectiveLibrary.VARIABLE,
                        installation.collectiveLibrary().toString());
        assertThat(processes.of(Stage.SFT).environment()).doesNotContainKey(CollectiveLibrary.VARIABLE);
        assertThat(new ServiceProcesses(site.withServiceOptions(List.of()), installation)
                        .of(Stage.PRETRAIN)
                        .environment())
                .doesNotContainKey(CollectiveLibrary.VARIABLE);
    }

    private static List<String> with(List<String> command, List<String> other) {
        return command.stream().filter(argument -> !other.contains(argument)).toList();
    }

    private Installation withJarOf(Stage stage) throws IOException {
        Path jar = folder.resolve("home/" + stage.service() + "/target/quarkus-app/quarkus-run.jar");
        Files.createDirectories(jar.getParent());
        Files.createFile(jar);
        return new Installation(folder.resolve("home"));
    }
}
