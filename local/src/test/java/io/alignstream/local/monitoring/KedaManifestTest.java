package io.alignstream.local.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.local.project.CustomResources;
import io.alignstream.local.project.Project;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Services go and come back by topics, groups and metrics that the code has. */
class KedaManifestTest {

    private static final String FOLDER = "k8s/components/keda/";
    private static final String BASE = "k8s/base/";
    private static final String SCALED_OBJECT = "ScaledObject";
    private static final String SPEC = "/spec";

    private final List<JsonNode> resources = Project.yaml(FOLDER + "scaled-objects.yaml");
    private final Map<String, JsonNode> scaled = resources.stream()
            .filter(resource -> resource.at("/kind").asText().equals(SCALED_OBJECT))
            .collect(Collectors.toMap(resource -> resource.at("/metadata/name").asText(), resource -> resource));

    @Test
    void resources_are_what_the_definitions_say() {
        // When
        List<String> problems = resources.stream()
                .flatMap(resource -> CustomResources.schema(definition(resource)).validate(resource).stream())
                .map(Object::toString)
                .toList();

        // Then
        assertThat(problems).isEmpty();
    }

    /** So the check above would find a slip. */
    @ParameterizedTest
    @CsvSource({"/spec, minReplicas", "/spec/scaleTargetRef, namespace", "/spec/triggers/1, authentication"})
    void a_field_that_is_none_is_found(String place, String field) {
        // Given
        JsonNode resource = resources.getFirst().deepCopy();
        ((ObjectNode) resource.at(place)).put(field, "1");

        // When
        var problems = CustomResources.schema(definition(resource)).validate(resource);

        // Then
        assertThat(problems).isNotEmpty();
    }

    private static String definition(JsonNode resource) {
        return resource.at("/kind").asText().equals(SCALED_OBJECT) ? "scaledobjects" : "triggerauthentications";
    }

    @Test
    void each_is_the_scale_of_a_workload_whose_manifest_says_none() {
        // Given
        JsonNode component = Project.yaml(FOLDER + "kustomization.yaml").getFirst();

        // When
        JsonNode patch = component.at("/patches/0");

        // Then
        assertThat(scaled).allSatisfy((name, object) -> {
            JsonNode target = object.at("/spec/scaleTargetRef");
            JsonNode workload = Project.yaml(BASE + name + ".yaml").getFirst();
            assertThat(target.at("/kind")).isEqualTo(workload.at("/kind"));
            assertThat(target.at("/apiVersion")).isEqualTo(workload.at("/apiVersion"));
            assertThat(target.at("/name")).isEqualTo(workload.at("/metadata/name"));
            assertThat(name).matches(patch.at("/target/name").asText());
        });
        assertThat(patch.at("/patch").asText()).contains("op: remove, path: /spec/replicas");
    }

    @Test
    void trainers_go_but_who_serves_or_where_people_rank_stays() {
        // When
        Map<String, Integer> least = new HashMap<>();
        scaled.forEach((name, object) ->
                least.put(name, object.at("/spec/minReplicaCount").asInt(-1)));

        // Then
        Map<String, Integer> wanted =
                BrokerUser.AWAKENED_BY.keySet().stream().collect(Collectors.toMap(Stage::service, stage -> 0));
        wanted.put(Stage.INFERENCE.service(), 1);
        assertThat(least).isEqualTo(wanted);
    }

    @Test
    void news_that_wakes_a_service_stands_on_topics_that_it_follows_in_its_group() {
        // Given
        Map<Stage, Set<String>> code = BrokerUser.AWAKENED_BY.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().stream()
                        .map(Topic::name)
                        .collect(Collectors.toCollection(TreeSet::new))));

        // When
        Map<Stage, Set<String>> manifests = new HashMap<>();
        code.keySet()
                .forEach(stage -> manifests.put(
                        stage,
                        triggers(stage, "kafka")
                                .map(trigger -> trigger.at("/metadata/topic").asText())
                                .collect(Collectors.toCollection(TreeSet::new))));

        // Then
        assertThat(manifests).isEqualTo(code);
        code.forEach((stage, topics) -> {
            assertThat(follows(stage)).containsAll(topics);
            assertThat(triggers(stage, "kafka"))
                    .allMatch(trigger ->
                            trigger.at("/metadata/consumerGroup").asText().equals(stage.service()));
        });
    }

    @Test
    void the_brokers_are_asked_where_they_listen_by_the_user_who_may_see() {
        // Given
        JsonNode listener =
                Project.yaml("k8s/components/kafka-users/kafka.yaml").getFirst().at("/spec/kafka/listeners/0");
        JsonNode authentication = resources.getLast();
        JsonNode component = Project.yaml(FOLDER + "kustomization.yaml").getFirst();

        // When
        List<JsonNode> triggers = BrokerUser.AWAKENED_BY.keySet().stream()
                .flatMap(stage -> triggers(stage, "kafka"))
                .toList();

        // Then
        assertThat(triggers).allSatisfy(trigger -> {
            assertThat(trigger.at("/metadata/bootstrapServers").asText())
                    .isEqualTo("alignstream-kafka-bootstrap.alignstream.svc:"
                            + listener.at("/port").asInt());
            assertThat(trigger.at("/metadata/tls").asText()).isEqualTo("enable");
            assertThat(trigger.at("/metadata/sasl").asText()).isEqualTo("scram_sha512");
            assertThat(trigger.at("/metadata/offsetResetPolicy").asText()).isEqualTo("earliest");
            assertThat(trigger.at("/authenticationRef/name")).isEqualTo(authentication.at("/metadata/name"));
        });
        assertThat(authentication.at("/spec/secretTargetRef/0/name").asText()).isEqualTo(BrokerUser.AUTOSCALER.name());
        assertThat(authentication.at("/spec/secretTargetRef/1/name").asText())
                .isEqualTo(Project.yaml("k8s/components/kafka-users/service.yaml")
                        .getFirst()
                        .at("/spec/template/spec/volumes/0/secret/secretName")
                        .asText());
        assertThat(component.at("/configMapGenerator/0/name"))
                .isEqualTo(authentication.at("/spec/configMapTargetRef/0/name"));
        assertThat(component.at("/configMapGenerator/0/literals/0").asText())
                .isEqualTo(authentication.at("/spec/configMapTargetRef/0/key").asText() + "="
                        + BrokerUser.AUTOSCALER.name());
        assertThat(component.at("/patches/1/patch").asText()).contains("/spec/kafka/listeners/0/networkPolicyPeers/-");
    }

    @Test
    void figures_are_those_that_there_are_and_none_that_is_missing_takes_a_pod_away() {
        // Given
        Set<String> known = BoardsTest.known();

        // When
        List<String> queries = scaled.values().stream()
                .flatMap(object -> triggers(object, "prometheus"))
                .map(trigger -> trigger.at("/metadata/query").asText())
                .toList();

        // Then
        assertThat(queries).hasSize(scaled.size()).allSatisfy(query -> assertThat(known)
                .containsAll(Panel.seriesIn(query)));
        BrokerUser.AWAKENED_BY.keySet().forEach(stage -> assertThat(triggers(stage, "prometheus"))
                .singleElement()
                .satisfies(trigger -> {
                    assertThat(trigger.at("/metadata/query").asText()).contains("stage=\"" + stage.id() + "\"");
                    assertThat(trigger.at("/metadata/ignoreNullValues").asText())
                            .isEqualTo("false");
                }));
        assertThat(scaled.values())
                .allMatch(object -> object.at(SPEC).has("fallback")
                        || object.at("/spec/minReplicaCount").asInt() == 0);
    }

    /** A pod that was killed in a run is wanted, whatever its successor's address is; one that went idle is not. */
    @Test
    void of_a_pod_that_is_gone_counts_what_it_said_last(@TempDir Path folder) throws Exception {
        // Given
        Optional<Promtool> promtool = Promtool.onThePath();
        assumeThat(promtool)
                .as("NOT CHECKED: the query was not run, since there is no promtool on the path")
                .isPresent();
        String query = triggers(Stage.SFT, "prometheus")
                .map(trigger -> trigger.at("/metadata/query").asText())
                .findFirst()
                .orElseThrow();
        String series = "alignstream_job_wanted{namespace=\"alignstream\",stage=\"sft\",instance=\"%s\"}";
        List<Map<String, String>> input = List.of(
                Map.of("series", series.formatted("10.0.0.1:8080"), "values", "0x19 1x19 stale"),
                Map.of("series", series.formatted("10.0.0.2:8080"), "values", "_x60 1x19 0x29 stale"));
        List<Map<String, Object>> expected = List.of(
                wanted(query, "5m", 0), // idle
                wanted(query, "30m", 1), // in a run
                wanted(query, "55m", 1), // killed in it
                wanted(query, "70m", 1), // its successor goes on
                wanted(query, "100m", 0), // is done
                wanted(query, "10h", 0)); // and gone
        Path tests = folder.resolve("wanted-test.yaml");
        new YAMLMapper()
                .writeValue(
                        tests.toFile(),
                        Map.of(
                                "evaluation_interval",
                                "1m",
                                "tests",
                                List.of(Map.of(
                                        "interval", "1m", "input_series", input, "promql_expr_test", expected))));

        // When
        String failures = promtool.orElseThrow().test(tests);

        // Then
        assertThat(Files.size(tests)).isPositive();
        assertThat(failures).isEmpty();
    }

    private static Map<String, Object> wanted(String query, String time, int value) {
        return Map.of("expr", query, "eval_time", time, "exp_samples", List.of(Map.of("labels", "{}", "value", value)));
    }

    private Stream<JsonNode> triggers(Stage stage, String type) {
        return triggers(scaled.get(stage.service()), type);
    }

    private static Stream<JsonNode> triggers(JsonNode object, String type) {
        List<JsonNode> triggers = new ArrayList<>();
        object.at("/spec/triggers").forEach(triggers::add);
        return triggers.stream().filter(trigger -> trigger.at("/type").asText().equals(type));
    }

    private static List<String> follows(Stage stage) {
        return Project.table("docs/architecture.md", "service", "follows", "publishes").stream()
                .filter(cells -> cells.getFirst().equals(stage.service()))
                .flatMap(cells -> Project.code(cells.get(1)).stream())
                .toList();
    }
}
