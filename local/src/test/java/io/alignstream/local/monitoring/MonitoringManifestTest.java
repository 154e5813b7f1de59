package io.alignstream.local.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import io.alignstream.contracts.Stage;
import io.alignstream.local.project.CustomResources;
import io.alignstream.local.project.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The manifests of k8s/components/monitoring are what the Prometheus operator takes, and point at what there is. */
class MonitoringManifestTest {

    private static final String FOLDER = "k8s/components/monitoring/";

    @ParameterizedTest
    @CsvSource({"pod-monitor.yaml, podmonitors", "alerts.yaml, prometheusrules"})
    void a_resource_is_what_its_definition_says(String file, String definition) {
        // Given
        JsonSchema schema = CustomResources.schema(definition);

        // When
        JsonNode resource = Project.yaml(FOLDER + file).getFirst();

        // Then
        assertThat(schema.validate(resource)).isEmpty();
    }

    /** So the check above would find a slip. */
    @ParameterizedTest
    @CsvSource({
        "pod-monitor.yaml, podmonitors, /spec, podMetricEndpoints",
        "pod-monitor.yaml, podmonitors, /spec/podMetricsEndpoints/0, scheme2",
        "alerts.yaml, prometheusrules, /spec/groups/0/rules/0, four"
    })
    void a_field_that_is_none_is_found(String file, String definition, String place, String field) {
        // Given
        JsonNode resource = Project.yaml(FOLDER + file).getFirst();
        ((ObjectNode) resource.at(place)).put(field, "5m");

        // When
        var problems = CustomResources.schema(definition).validate(resource);

        // Then
        assertThat(problems).isNotEmpty();
    }

    @Test
    void the_pods_of_all_services_are_asked_at_their_port() {
        // Given
        JsonNode spec = Project.yaml(FOLDER + "pod-monitor.yaml").getFirst().at("/spec");

        // When
        JsonNode endpoint = spec.at("/podMetricsEndpoints/0");

        // Then
        assertThat(texts(spec.at("/selector/matchExpressions/0/values")))
                .containsExactlyElementsOf(
                        Arrays.stream(Stage.values()).map(Stage::service).toList());
        assertThat(Project.yaml("k8s/base/service.yaml")
                        .getFirst()
                        .at("/spec/template/spec/containers/0/ports/0/name")
                        .asText())
                .isEqualTo(endpoint.at("/port").asText());
        assertThat(endpoint.at("/path").asText()).isEqualTo("/q/metrics");
        assertThat(Project.text("k8s/README.md"))
                .contains("create secret generic "
                        + endpoint.at("/authorization/credentials/name").asText() + " --from-file="
                        + endpoint.at("/authorization/credentials/key").asText());
    }

    @Test
    void the_brokers_tell_what_their_monitor_asks_for() {
        // Given
        JsonNode brokers = Project.yaml("k8s/base/kafka.yaml").getLast();
        JsonNode patch = Project.yaml(FOLDER + "kustomization.yaml").getFirst().at("/patches/0");

        // When
        JsonNode labels = Project.yaml(FOLDER + "pod-monitor.yaml").getLast().at("/spec/selector/matchLabels");

        // Then
        assertThat(labels.path("strimzi.io/cluster")).isEqualTo(brokers.at("/metadata/name"));
        assertThat(patch.at("/target/kind")).isEqualTo(brokers.at("/kind"));
        assertThat(patch.at("/target/name")).isEqualTo(brokers.at("/metadata/name"));
        assertThat(patch.at("/patch").asText()).contains("path: /spec/kafka/metricsConfig");
    }

    @Test
    void every_dashboard_has_its_config_map() throws IOException {
        // Given
        JsonNode maps = Project.yaml(FOLDER + "kustomization.yaml").getFirst().at("/configMapGenerator");

        // When
        List<String> files = new ArrayList<>();
        maps.forEach(map -> files.addAll(texts(map.at("/files"))));

        // Then
        try (Stream<Path> there = Files.list(Project.ROOT.resolve(BoardsTest.FOLDER))) {
            assertThat(files)
                    .containsExactlyInAnyOrderElementsOf(there.map(file -> "dashboards/" + file.getFileName())
                            .toList());
        }
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(entry -> texts.add(entry.asText()));
        return texts;
    }
}
