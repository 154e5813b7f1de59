package io.alignstream.local.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Stage;
import io.alignstream.local.TestSites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SiteTest {

    @TempDir
    Path folder;

    @Test
    void remembersItsSettings() {
        // Given
        Site.at(folder, 9000, 3L, List.of("-Da=b")).prepare();

        // When
        Site site = Site.at(folder, null, null, null);

        // Then
        assertThat(site.portBase()).isEqualTo(9000);
        assertThat(site.seed()).isEqualTo(3);
        assertThat(site.serviceOptions()).containsExactly("-Da=b");
        assertThat(site.port(Stage.INFERENCE)).isEqualTo(9006);
        assertThat(site.connection().servers()).isEqualTo("127.0.0.1:9012");
        assertThat(site.hasBroker()).isTrue();
    }

    @Test
    void ofBrokersElsewhereItRemembersTheFileAndNotWhatStandsInIt() throws IOException {
        // Given
        Path config = Files.writeString(
                folder.resolve("kafka.properties"), "bootstrap.servers=kafka:9093\nsasl.jaas.config=a secret;\n");

        // When
        Site.at(folder, 9000, null, null).withKafka(config).prepare();

        // Then
        Site site = Site.at(folder, null, null, null);
        assertThat(site.hasBroker()).isFalse();
        assertThat(site.connection().servers()).isEqualTo("kafka:9093");
        assertThat(Files.readString(folder.resolve("site.json"))).doesNotContain("secret");
    }

    @Test
    void furtherWorkersListenBehindTheBrokerAndAreRemembered() {
        // Given
        Site.at(folder, 9000, null, null)
                .withWorkers(Stage.PRETRAIN, new StageWorkers(3, 1))
                .prepare();

        // When
        Site site = Site.at(folder, null, null, null);

        // Then
        List<ServiceInstance> workers = site.instances().stream()
                .filter(instance -> instance.stage() == Stage.PRETRAIN)
                .toList();
        assertThat(workers)
                .extracting(ServiceInstance::name)
                .containsExactly("pretrain-service", "pretrain-service-2", "pretrain-service-3");
        assertThat(workers).extracting(site::port).containsExactly(9002, 9014, 9015);
        assertThat(site.instances()).hasSize(Stage.values().length + 2);
        assertThat(site.workers(Stage.PRETRAIN).threads()).isOne();
    }

    /** As launchers wrote it that knew of no workers. */
    @Test
    void aSiteThatSaysNothingOfWorkersHasOne() throws Exception {
        // Given
        Files.writeString(folder.resolve("site.json"), "{\"portBase\":9000,\"seed\":3,\"serviceOptions\":[]}");

        // When
        Site site = Site.at(folder, null, null, null);

        // Then
        assertThat(site.workers(Stage.PRETRAIN)).isEqualTo(StageWorkers.ALONE);
    }

    /** As launchers wrote it that knew of no other stage's workers. */
    @Test
    void aSiteThatKnowsOfWorkersOfPretrainingKeepsThem() throws Exception {
        // Given
        Files.writeString(
                folder.resolve("site.json"),
                "{\"portBase\":9000,\"seed\":3,\"serviceOptions\":[],\"pretrainWorkers\":{\"count\":3,\"threads\":1}}");

        // When
        Site site = Site.at(folder, null, null, null);

        // Then
        assertThat(site.workers(Stage.PRETRAIN)).isEqualTo(new StageWorkers(3, 1));
        assertThat(site.workers(Stage.SFT)).isEqualTo(StageWorkers.ALONE);
    }

    @Test
    void portsOfAllProcessesLieWithinOnePortBase() {
        // Given
        Site site = Site.at(folder, null, null, null);
        for (Stage stage : StageWorkers.STAGES) {
            site = site.withWorkers(stage, new StageWorkers(StageWorkers.MOST, 1));
        }

        // When
        List<Integer> ports =
                new ArrayList<>(site.instances().stream().map(site::port).toList());

        // Then
        int last = site.portBase() + 268;
        assertThat(ports).hasSize(4 * StageWorkers.MOST + 2);
        ports.addAll(List.of(site.brokerPort(), site.controllerPort()));
        assertThat(ports).doesNotHaveDuplicates().allMatch(port -> port <= last).contains(last);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 65, -1})
    void refusesANumberOfWorkersThatCannotBe(int count) {
        // When / Then
        assertThatThrownBy(() -> new StageWorkers(count, 1))
                .isInstanceOf(LaunchException.class)
                .hasMessageContainingAll("1 to 64", Integer.toString(count));
    }

    @Test
    void refusesAPortBaseThatLeavesNoRoom() {
        // When / Then
        assertThatThrownBy(() -> Site.at(folder, 65_530, null, null))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("65530");
    }

    @Test
    void saysWhichFileIsDamaged() throws Exception {
        // Given
        Files.writeString(folder.resolve("site.json"), "{");

        // When / Then
        assertThatThrownBy(() -> Site.at(folder, null, null, null))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("site.json");
    }

    @Test
    void onlyOneLauncherWorksOnASite() {
        // Given
        Site site = TestSites.prepared(folder);
        try (SiteLock ignored = SiteLock.take(site)) {

            // When / Then
            assertThatThrownBy(() -> SiteLock.take(site))
                    .isInstanceOf(LaunchException.class)
                    .hasMessageContaining("process " + ProcessHandle.current().pid());
        }
        SiteLock.take(site).close();
    }
}
