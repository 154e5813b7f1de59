package io.alignstream.local.project;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.settings.SettingsCatalogue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.utils.AppInfoParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The manifests in k8s/ speak of the services, ports, probes and settings that the code has. */
class KubernetesTest {

    private static final String BASE = "k8s/base/";

    /** Read by the JVM, DJL and the AWS client: no settings of ours. */
    private static final Set<String> FOREIGN =
            Set.of("OMP_WAIT_POLICY", "JDK_JAVA_OPTIONS", "DJL_CACHE_DIR", "AWS_REGION");

    /** Read by Quarkus. */
    private static final String OF_QUARKUS = "QUARKUS_";

    @Test
    void every_file_of_the_base_is_listed_and_exists() {
        // Given
        JsonNode base = Project.yaml(BASE + "kustomization.yaml").getFirst();

        // When
        List<String> listed = texts(base.at("/resources"));

        // Then
        List<String> present = Project.files(BASE, ".yaml").stream()
                .map(file -> file.getFileName().toString())
                .toList();
        assertThat(listed).isSubsetOf(present);
        assertThat(present).containsExactlyInAnyOrderElementsOf(with(listed, "kustomization.yaml", "service.yaml"));
    }

    @Test
    void overlays_and_components_refer_to_what_exists() {
        // Given
        List<Path> files = Project.files("k8s", "kustomization.yaml");

        // When
        List<Path> missing = files.stream()
                .flatMap(file -> {
                    JsonNode content = Project.yaml(
                                    Project.ROOT.relativize(file).toString())
                            .getFirst();
                    return Stream.of("/resources", "/components")
                            .flatMap(list -> texts(content.at(list)).stream())
                            .map(entry -> file.resolveSibling(entry).normalize());
                })
                .filter(path -> !Files.exists(path))
                .toList();

        // Then
        assertThat(files).hasSizeGreaterThanOrEqualTo(5);
        assertThat(missing).isEmpty();
    }

    @Test
    void cards_are_reserved_for_images_that_can_use_them_only() {
        // Given
        String component = "k8s/components/gpu/";
        JsonNode cards = Project.yaml(component + "kustomization.yaml").getFirst();

        // When
        List<String> named = new ArrayList<>();
        cards.at("/replacements/0/targets")
                .forEach(target -> named.add(target.at("/select/name").asText()));

        // Then: the file is the user's, and nothing is built without it
        assertThat(texts(cards.at("/configMapGenerator/0/envs"))).containsExactly("cuda-images.env");
        assertThat(Project.text(".gitignore")).contains(component + "cuda-images.env");
        assertThat(named)
                .isNotEmpty()
                .allMatch(
                        name -> name.matches(cards.at("/patches/0/target/name").asText()));
        assertThat(cards.at("/patches/0/patch").asText())
                .contains("ALIGNSTREAM_TORCH_DEVICE", "cuda:0", "nvidia.com/gpu: 1");
        assertThat(SettingsCatalogue.all()).anyMatch(setting -> setting.isSetBy("ALIGNSTREAM_TORCH_DEVICE"));
        assertThat(Project.text("pom.xml"))
                .contains(
                        "<PYTORCH_VERSION>${libtorch.version}<",
                        "<image>${images.registry}/${project.artifactId}:${project.version}${images.variant}<");
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void each_stage_has_its_workload_and_its_service(Stage stage) {
        // Given
        String name = stage.service();

        // When
        List<JsonNode> resources = Project.yaml(BASE + name + ".yaml");

        // Then
        JsonNode workload = resources.getFirst();
        assertThat(workload.at("/kind").asText()).isEqualTo("StatefulSet");
        assertThat(workload.at("/metadata/name").asText()).isEqualTo(name);
        assertThat(workload.at("/spec/template/spec/containers")).hasSize(1);
        JsonNode container = workload.at("/spec/template/spec/containers/0");
        assertThat(container.at("/name").asText()).isEqualTo("service");
        assertThat(container.at("/image").asText()).isEqualTo("alignstream/" + name + ":" + Project.version());
        assertThat(container.at("/resources/requests/memory").asText()).isNotEmpty();
        JsonNode label = workload.at("/spec/template/metadata/labels").get("app.kubernetes.io/name");
        assertThat(label.asText()).isEqualTo(name);
        assertThat(workload.at("/spec/selector/matchLabels").get("app.kubernetes.io/name"))
                .isEqualTo(label);

        JsonNode service = resources.getLast();
        assertThat(service.at("/kind").asText()).isEqualTo("Service");
        assertThat(service.at("/metadata/name").asText()).isEqualTo(name);
        assertThat(service.at("/spec/selector").get("app.kubernetes.io/name")).isEqualTo(label);
        assertThat(service.at("/spec/ports/0/targetPort").asText()).isEqualTo("http");
    }

    @Test
    void the_common_part_is_patched_into_every_workload() {
        // Given
        JsonNode base = Project.yaml(BASE + "kustomization.yaml").getFirst();

        // When
        Map<String, String> patches = StreamSupport.stream(base.at("/patches").spliterator(), false)
                .filter(patch -> patch.has("path"))
                .collect(Collectors.toMap(patch -> patch.at("/target/kind").asText(), patch -> patch.at("/path")
                        .asText()));

        // Then
        assertThat(patches).containsExactly(Map.entry("StatefulSet", "service.yaml"));
    }

    @Test
    void probes_ask_the_health_endpoints_on_the_port_that_the_services_listen_on() {
        // Given
        JsonNode container = common().at("/containers/0");

        // When
        JsonNode port = container.at("/ports/0");

        // Then
        assertThat(port.at("/name").asText()).isEqualTo("http");
        assertThat(port.at("/containerPort").asInt()).isEqualTo(8080); // Quarkus' default
        assertThat(setOtherwise("quarkus.http.port")).isEmpty();
        assertThat(setOtherwise("quarkus.smallrye-health.root-path")).isEmpty();
        Map.of("startupProbe", "started", "livenessProbe", "live", "readinessProbe", "ready")
                .forEach((probe, path) -> {
                    JsonNode get = container.at("/" + probe + "/httpGet");
                    assertThat(get.at("/path").asText()).isEqualTo("/q/health/" + path);
                    assertThat(get.at("/port").asText()).isEqualTo("http");
                });
    }

    @Test
    void nothing_runs_as_root_or_writes_to_the_image() {
        // Given
        JsonNode pod = common();

        // When
        JsonNode container = pod.at("/containers/0/securityContext");

        // Then
        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(container.at("/readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(container.at("/allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(texts(container.at("/capabilities/drop"))).containsExactly("ALL");
    }

    @Test
    void images_are_built_for_the_user_port_and_names_that_the_pods_have() {
        // Given
        JsonNode pod = common();
        String build = Project.text("pom.xml");

        // When
        String user = pod.at("/securityContext/runAsUser").asText() + ":"
                + pod.at("/securityContext/runAsGroup").asText();

        // Then
        assertThat(build)
                .contains(
                        "<images.registry>alignstream<",
                        "<user>" + user + "</user>",
                        "<port>" + pod.at("/containers/0/ports/0/containerPort").asText() + "</port>");
        for (Stage stage : Stage.values()) {
            assertThat(Project.text(stage.service() + "/pom.xml")).contains("<image.skip>false</image.skip>");
        }
    }

    @Test
    void a_pod_has_longer_to_leave_than_its_job() {
        // Given
        Duration pod =
                Duration.ofSeconds(common().at("/terminationGracePeriodSeconds").asLong());

        // When
        Duration job =
                Duration.parse("PT" + environment("k8s/base/alignstream.env").get("ALIGNSTREAM_SHUTDOWN_GRACE"));

        // Then
        assertThat(pod).isGreaterThan(job.plusSeconds(10));
    }

    /** At 50 MB/s: a file system of a network, or S3 from one pod, does no less. */
    @ParameterizedTest
    @EnumSource(
            value = Stage.class,
            names = {"PRETRAIN", "SFT", "REWARD", "RLHF"})
    void a_job_that_leaves_has_time_to_store_a_checkpoint_as_large_as_its_memory(Stage stage) {
        // Given
        String memory = Project.yaml(BASE + stage.service() + ".yaml")
                .getFirst()
                .at("/spec/template/spec/containers/0/resources/limits/memory")
                .asText();

        // When
        Duration job =
                Duration.parse("PT" + environment("k8s/base/alignstream.env").get("ALIGNSTREAM_SHUTDOWN_GRACE"));

        // Then
        assertThat(memory).endsWith("Gi");
        long megabytes = (Long.parseLong(memory.replace("Gi", "")) << 30) / 1_000_000;
        assertThat(job).isGreaterThan(Duration.ofSeconds(megabytes / 50));
    }

    @Test
    void every_pod_has_bounds_and_disks_that_cannot_fill_a_node() {
        // Given
        JsonNode common = common();

        // When
        List<JsonNode> temporary = StreamSupport.stream(common.at("/volumes").spliterator(), false)
                .filter(volume -> volume.has("emptyDir"))
                .toList();

        // Then
        assertThat(temporary)
                .isNotEmpty()
                .allMatch(volume -> !volume.at("/emptyDir/sizeLimit").asText().isEmpty());
        for (Stage stage : Stage.values()) {
            JsonNode workload = Project.yaml(BASE + stage.service() + ".yaml").getFirst();
            JsonNode container = workload.at("/spec/template/spec/containers/0");
            assertThat(container.at("/resources/limits/memory").asText())
                    .as(stage.service())
                    .isNotEmpty();
            assertThat(workload.at("/spec/volumeClaimTemplates/0/spec/resources/requests/storage")
                            .asText())
                    .as(stage.service())
                    .isNotEmpty();
        }
    }

    @Test
    void a_start_has_half_an_hour_and_a_hang_is_seen() {
        // Given
        JsonNode container = common().at("/containers/0");

        // When
        Duration start = patience(container.at("/startupProbe"));
        Duration hang = patience(container.at("/livenessProbe"));

        // Then
        assertThat(start).isGreaterThanOrEqualTo(Duration.ofMinutes(30));
        assertThat(hang).isBetween(Duration.ofSeconds(30), Duration.ofMinutes(2));
        assertThat(SettingsCatalogue.find("alignstream.job.longest-step")
                        .orElseThrow()
                        .defaultValue())
                .isEqualTo("PT10M");
    }

    private static Duration patience(JsonNode probe) {
        return Duration.ofSeconds(probe.at("/periodSeconds").asLong()
                * probe.at("/failureThreshold").asLong());
    }

    @Test
    void a_node_that_is_drained_takes_one_pod_of_each_service_at_a_time() {
        // When
        Map<String, JsonNode> budgets = Project.yaml(BASE + "disruption-budgets.yaml").stream()
                .collect(
                        Collectors.toMap(budget -> budget.at("/metadata/name").asText(), budget -> budget.at("/spec")));

        // Then
        assertThat(budgets)
                .containsOnlyKeys(
                        Arrays.stream(Stage.values()).map(Stage::service).toArray(String[]::new))
                .allSatisfy((name, spec) -> {
                    assertThat(spec.at("/maxUnavailable").asInt()).isEqualTo(1);
                    assertThat(spec.has("minAvailable")).isFalse();
                    assertThat(spec.at("/selector/matchLabels")
                                    .get("app.kubernetes.io/name")
                                    .asText())
                            .isEqualTo(name);
                });
    }

    @Test
    void pods_that_serve_stand_on_different_nodes_in_production() {
        // Given
        JsonNode production =
                Project.yaml("k8s/overlays/production/kustomization.yaml").getFirst();

        // When
        JsonNode patch = Project.parse(production.at("/patches/0/patch").asText());

        // Then
        JsonNode rule = patch.at(
                "/spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/0");
        assertThat(production.at("/patches/0/target/name").asText()).isEqualTo(Stage.INFERENCE.service());
        assertThat(rule.at("/topologyKey").asText()).isEqualTo("kubernetes.io/hostname");
        assertThat(rule.at("/labelSelector/matchLabels")
                        .get("app.kubernetes.io/name")
                        .asText())
                .isEqualTo(Stage.INFERENCE.service());
    }

    @Test
    void production_pins_the_brokers_to_the_release_that_the_build_is_tested_with() {
        // Given
        JsonNode patches = Project.yaml("k8s/overlays/production/kustomization.yaml")
                .getFirst()
                .at("/patches");

        // When
        String pinned = StreamSupport.stream(patches.spliterator(), false)
                .filter(patch -> patch.at("/target/kind").asText().equals("Kafka"))
                .map(patch -> patch.at("/patch").asText())
                .collect(Collectors.joining());

        // Then
        String release = AppInfoParser.getVersion();
        assertThat(pinned)
                .contains("path: /spec/kafka/version, value: " + release + "}")
                .contains("path: /spec/kafka/metadataVersion, value: " + release.substring(0, release.lastIndexOf('.'))
                        + "-IV");
        assertThat(Project.text("k8s/README.md")).contains("pins Kafka " + release + ",");
    }

    @Test
    void what_cannot_be_computed_again_is_neither_pruned_nor_deleted() {
        // Given
        JsonNode base = Project.yaml(BASE + "kustomization.yaml").getFirst();
        JsonNode policy = Project.yaml("k8s/components/deletion-protection/policy.yaml")
                .getFirst()
                .at("/spec");

        // When
        JsonNode annotations = StreamSupport.stream(base.at("/patches").spliterator(), false)
                .filter(patch -> patch.at("/target/kind").asText().contains("KafkaTopic"))
                .findFirst()
                .orElseThrow();

        // Then
        assertThat(annotations.at("/target/kind").asText())
                .isEqualTo("(KafkaTopic|KafkaNodePool|Kafka|PersistentVolumeClaim)");
        assertThat(annotations.at("/patch").asText())
                .contains(
                        "argocd.argoproj.io/sync-options: Prune=false", "kustomize.toolkit.fluxcd.io/prune: disabled");
        assertThat(texts(policy.at("/matchConstraints/resourceRules/0/resources")))
                .containsExactlyInAnyOrder("kafkatopics", "kafkas", "kafkanodepools");
        assertThat(texts(policy.at("/matchConstraints/resourceRules/1/resources")))
                .containsExactly("persistentvolumeclaims");
        assertThat(policy.at("/validations/0/expression").asText()).contains("alignstream/may-be-deleted");
        assertThat(Project.yaml("k8s/components/deletion-protection/policy.yaml")
                        .getLast()
                        .at("/spec/validationActions/0")
                        .asText())
                .isEqualTo("Deny");
        assertThat(texts(Project.yaml("k8s/overlays/production/kustomization.yaml")
                        .getFirst()
                        .at("/components")))
                .contains("../../components/deletion-protection");
        assertThat(Project.yaml(BASE + "kafka.yaml")
                        .getFirst()
                        .at("/spec/storage/volumes/0/deleteClaim")
                        .asBoolean(true))
                .isFalse();
    }

    @Test
    void a_pod_that_answers_leaves_when_its_last_answer_is_written() {
        // Given
        JsonNode patch = StreamSupport.stream(
                        Project.yaml(BASE + "kustomization.yaml")
                                .getFirst()
                                .at("/patches")
                                .spliterator(),
                        false)
                .filter(one -> one.at("/target/name").asText().equals("inference-service"))
                .findFirst()
                .orElseThrow();
        Map<String, String> environment = new HashMap<>();
        Project.yaml(BASE + "inference-service.yaml")
                .getFirst()
                .at("/spec/template/spec/containers/0/env")
                .forEach(one -> environment.put(
                        one.at("/name").asText(), one.at("/value").asText()));

        // When
        long pod = Long.parseLong(patch.at("/patch").asText().replaceAll("(?s).*value: (\\d+).*", "$1"));

        // Then
        Duration answers = Duration.parse("PT" + environment.get("QUARKUS_SHUTDOWN_TIMEOUT"));
        assertThat(answers)
                .isEqualTo(Duration.parse(SettingsCatalogue.find("alignstream.inference.timeout")
                        .orElseThrow()
                        .defaultValue()));
        assertThat(Duration.ofSeconds(pod))
                .isGreaterThan(Duration.parse("PT" + environment.get("QUARKUS_SHUTDOWN_DELAY"))
                        .plus(answers)
                        .plus(Duration.parse("PT" + environment.get("ALIGNSTREAM_SHUTDOWN_GRACE")))
                        .plusSeconds(10));
        JsonNode ready =
                Project.yaml(BASE + "service.yaml").getFirst().at("/spec/template/spec/containers/0/readinessProbe");
        assertThat(Duration.parse("PT" + environment.get("QUARKUS_SHUTDOWN_DELAY")))
                .isGreaterThan(Duration.ofSeconds(ready.at("/periodSeconds").asLong()
                        * ready.at("/failureThreshold").asLong()));
    }

    @Test
    void services_find_the_broker() {
        // Given
        List<JsonNode> kafka = Project.yaml(BASE + "kafka.yaml");

        // When
        String servers = environment("k8s/base/alignstream.env").get("KAFKA_BOOTSTRAP_SERVERS");

        // Then
        JsonNode cluster = kafka.getLast();
        assertThat(servers)
                .isEqualTo(cluster.at("/metadata/name").asText() + "-kafka-bootstrap:"
                        + cluster.at("/spec/kafka/listeners/0/port").asInt());
        assertThat(kafka.getFirst()
                        .at("/metadata/labels")
                        .get("strimzi.io/cluster")
                        .asText())
                .isEqualTo(cluster.at("/metadata/name").asText());
    }

    @Test
    void nobody_comes_in_without_a_key_and_no_key_stands_here() {
        // Given
        Map<String, String> environment = environment("k8s/base/alignstream.env");

        // When
        JsonNode mount = StreamSupport.stream(
                        common().at("/containers/0/volumeMounts").spliterator(), false)
                .filter(one -> one.at("/name").asText().equals("access"))
                .findFirst()
                .orElseThrow();

        // Then
        assertThat(environment)
                .containsEntry("QUARKUS_HTTP_HOST", "0.0.0.0")
                .doesNotContainKey("ALIGNSTREAM_ACCESS_LOCAL");
        assertThat(environment.get("ALIGNSTREAM_ACCESS_KEYS"))
                .startsWith(mount.at("/mountPath").asText() + "/");
        assertThat(environment.get("ALIGNSTREAM_ACCESS_HOSTS").split(","))
                .containsExactlyInAnyOrder(
                        Arrays.stream(Stage.values()).map(Stage::service).toArray(String[]::new));
        assertThat(mount.at("/readOnly").asBoolean()).isTrue();
        assertThat(texts(common().at("/volumes").findValue("secret"))).contains("alignstream-access");
        assertThat(Project.files("k8s", ".yaml"))
                .noneMatch(file -> Project.text(Project.ROOT.relativize(file).toString())
                        .matches("(?s).*(kind: Secret\\b|secretGenerator).*"));
    }

    @Test
    void every_setting_is_one_that_the_code_reads() {
        // Given
        Set<String> variables =
                new TreeSet<>(environment("k8s/base/alignstream.env").keySet());
        Project.files("k8s", "kustomization.yaml").forEach(file -> variables.addAll(literals(file)));
        for (Stage stage : Stage.values()) {
            JsonNode workload = Project.yaml(BASE + stage.service() + ".yaml").getFirst();
            workload.at("/spec/template/spec/containers/0/env")
                    .forEach(variable -> variables.add(variable.at("/name").asText()));
        }

        // When
        List<String> unknown = variables.stream()
                .filter(variable ->
                        !FOREIGN.contains(variable) && !variable.startsWith(OF_QUARKUS) && !isOfKafka(variable))
                .filter(variable -> SettingsCatalogue.all().stream().noneMatch(setting -> setting.isSetBy(variable)))
                .toList();

        // Then
        assertThat(variables).contains("KAFKA_BOOTSTRAP_SERVERS", "ALIGNSTREAM_STORE_ROOT");
        assertThat(unknown).isEmpty();
    }

    /** {@code KAFKA_SASL_MECHANISM} is the client's setting {@code sasl.mechanism}. */
    private static boolean isOfKafka(String variable) {
        return variable.startsWith("KAFKA_")
                && ProducerConfig.configNames()
                        .contains(variable.substring("KAFKA_".length())
                                .toLowerCase(Locale.ROOT)
                                .replace('_', '.'));
    }

    private static Map<String, String> environment(String path) {
        return Project.text(path)
                .lines()
                .filter(Predicate.not(line -> line.isBlank() || line.startsWith("#")))
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(entry -> entry[0], entry -> entry[1]));
    }

    private static Set<String> literals(Path kustomization) {
        Set<String> names = new TreeSet<>();
        Project.yaml(Project.ROOT.relativize(kustomization).toString())
                .getFirst()
                .at("/configMapGenerator")
                .forEach(map -> {
                    if (map.at("/name").asText().equals("alignstream")) { // the one that the services read
                        texts(map.at("/literals"))
                                .forEach(literal -> names.add(literal.substring(0, literal.indexOf('='))));
                    }
                });
        return names;
    }

    private static List<String> setOtherwise(String property) {
        return Project.files(".", ".properties").stream()
                .map(file -> Project.ROOT.relativize(file).toString())
                .filter(path -> path.contains("src/main/resources"))
                .filter(path -> Project.text(path).lines().anyMatch(line -> line.startsWith(property)))
                .toList();
    }

    private static JsonNode common() {
        return Project.yaml(BASE + "service.yaml").getFirst().at("/spec/template/spec");
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(entry -> texts.add(entry.asText()));
        return texts;
    }

    private static List<String> with(List<String> list, String... more) {
        return Stream.concat(list.stream(), Arrays.stream(more)).toList();
    }
}
