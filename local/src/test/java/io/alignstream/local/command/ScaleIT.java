package io.alignstream.local.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Stage;
import io.alignstream.local.Alignstream;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.TestSites;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.service.RunningInstances;
import io.alignstream.local.service.ServiceProcesses;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers of pretrain-service that come and go while another launcher follows what the site does. */
class ScaleIT {

    @TempDir
    Path folder;

    private final RecordingConsole output = new RecordingConsole();

    @Test
    void workersComeAndGoBesideALauncherThatFollowsAndEndWithItsOwn() throws Exception {
        // Given
        Site site = TestSites.prepared(folder, "-Dalignstream.torch.threads=1");
        RunningInstances running = new RunningInstances(site);
        List<String> whileThree;
        JsonNode status;
        long first;
        try (LocalCluster following = LocalCluster.start(
                site,
                TestSites.installation(),
                List.of(new ServiceProcesses(site, TestSites.installation()).of(Stage.PRETRAIN)),
                output.console())) {
            first = pid("pretrain-service");

            // When
            scale(site, 3);
            whileThree = names(running.of(Stage.PRETRAIN));
            int watched = following.pids().size();
            scale(site, 2);
            following.requireAlive();

            // Then
            status = status();
            assertThat(whileThree).containsExactly("pretrain-service", "pretrain-service-2", "pretrain-service-3");
            assertThat(watched).isEqualTo(1 + 3);
            assertThat(following.pids()).hasSize(1 + 2).contains(first);
            assertThat(running.job(Stage.PRETRAIN)).isPresent();
        }
        assertThat(output.lines())
                .contains("stopped pretrain-service-3", "stopped pretrain-service-2", "stopped kafka");
        assertThat(running.all()).isEmpty();
        assertThat(status.path("workers").findValuesAsText("service")).containsExactly("pretrain-service");
        assertThat(status.path("workers").path(0).path("wanted").asInt()).isEqualTo(2);
        assertThat(status.path("workers").path(0).path("running").asInt()).isEqualTo(2);
        assertThat(status.path("processes").findValuesAsText("process"))
                .contains("pretrain-service", "pretrain-service-2")
                .doesNotContain("pretrain-service-3");
        assertThat(Site.at(folder, null, null, null).workers(Stage.PRETRAIN).count())
                .isEqualTo(2);
        assertThat(folder.resolve("views-2")).isDirectory();
        assertThat(site.log("pretrain-service-3")).isNotEmptyFile();
        assertThat(Alignstream.execute("logs", "pretrain-2", "-n", "1", "--data-dir", folder.toString()))
                .isZero();
    }

    private void scale(Site site, int count) {
        LocalCluster.scale(() -> site, Stage.PRETRAIN, count, TestSites.installation(), output.console());
    }

    private long pid(String name) {
        return ManagedProcess.find(folder.resolve("run"), name).orElseThrow().pid();
    }

    private static List<String> names(List<ServiceInstance> instances) {
        return instances.stream().map(ServiceInstance::name).toList();
    }

    private JsonNode status() throws IOException {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            Alignstream.execute("status", "--json", "--data-dir", folder.toString());
        } finally {
            System.setOut(before);
        }
        return JsonMapper.builder().build().readTree(out.toString(StandardCharsets.UTF_8));
    }
}
