package io.alignstream.local.project;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.contracts.workers.WorkerShards;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;

/** Which connections the network policies of production let through, as Kubernetes reads them: policies add to each other. */
class NetworkPolicyTest {

    private static final String COMPONENT = "k8s/components/network-policies/";
    private static final String HERE = "alignstream";
    private static final int HTTP = 8080;
    private static final int ANY = 40_123;

    private static final List<JsonNode> POLICIES = Project.yaml(COMPONENT + "policies.yaml");
    private static final Pod INGRESS =
            new Pod("ingress", Map.of(), Map.of("alignstream/reaches-services", "true"), "10.1.1.1");
    private static final Pod STRANGER = new Pod("default", Map.of(), Map.of(), "10.1.1.2");
    private static final Pod NEIGHBOUR =
            new Pod(HERE, Map.of("app.kubernetes.io/part-of", "alignstream"), Map.of(), "10.1.1.3");
    private static final Pod DNS = new Pod("kube-system", Map.of("k8s-app", "kube-dns"), Map.of(), "10.1.1.4");
    private static final Pod KAFKA = new Pod(
            HERE,
            Map.of("strimzi.io/cluster", "alignstream", "strimzi.io/name", "alignstream-kafka"),
            Map.of(),
            "10.1.1.5");
    private static final Pod OUTSIDE = new Pod("", Map.of(), Map.of(), "52.1.2.3");
    private static final Pod METADATA = new Pod("", Map.of(), Map.of(), "169.254.169.254");

    /** One end of a connection; outside of the cluster where it has no namespace. */
    private record Pod(String namespace, Map<String, String> labels, Map<String, String> ofNamespace, String address) {

        Pod {
            ofNamespace = new HashMap<>(ofNamespace);
            ofNamespace.put("kubernetes.io/metadata.name", namespace);
        }

        static Pod of(Stage stage) {
            return new Pod(HERE, Map.of("app.kubernetes.io/name", stage.service()), Map.of(), "10.1.2.1");
        }

        boolean isOfCluster() {
            return !namespace.isEmpty();
        }
    }

    private static boolean reaches(Pod from, Pod to, String protocol, int port) {
        return reaches(POLICIES, from, to, protocol, port);
    }

    private static boolean reaches(List<JsonNode> policies, Pod from, Pod to, String protocol, int port) {
        return passes(policies, "Egress", from, to, protocol, port)
                && passes(policies, "Ingress", to, from, protocol, port);
    }

    /** Whether what selects {@code pod} for a direction lets {@code other} through; nothing selects it: it does. */
    private static boolean passes(
            List<JsonNode> policies, String direction, Pod pod, Pod other, String protocol, int port) {
        List<JsonNode> selecting = policies.stream()
                .filter(policy ->
                        pod.namespace().equals(policy.at("/metadata/namespace").asText()))
                .filter(policy -> selects(policy.at("/spec/podSelector"), pod.labels()))
                .filter(policy -> stream(policy.at("/spec/policyTypes"))
                        .anyMatch(type -> type.asText().equals(direction)))
                .toList();
        String side = direction.equals("Egress") ? "to" : "from";
        return selecting.isEmpty()
                || selecting.stream()
                        .flatMap(policy -> stream(policy.at("/spec/" + direction.toLowerCase(Locale.ROOT))))
                        .anyMatch(rule -> stream(rule.at("/ports")).anyMatch(one -> fits(one, protocol, port))
                                && stream(rule.at("/" + side)).anyMatch(peer -> fits(peer, other)));
    }

    private static boolean fits(JsonNode allowed, String protocol, int port) {
        JsonNode given = allowed.at("/port");
        boolean same = given.isMissingNode() || (given.asText().equals("http") ? port == HTTP : given.asInt() == port);
        return same && allowed.at("/protocol").asText().equals(protocol);
    }

    private static boolean fits(JsonNode peer, Pod other) {
        if (peer.has("ipBlock")) {
            // A block of addresses is for what is not of the cluster.
            return !other.isOfCluster()
                    && peer.at("/ipBlock/cidr").asText().equals("0.0.0.0/0")
                    && stream(peer.at("/ipBlock/except")).noneMatch(except -> other.address()
                            .startsWith(except.asText().replaceAll("\\.0\\.0/16$", ".")));
        }
        boolean place = peer.has("namespaceSelector")
                ? selects(peer.at("/namespaceSelector"), other.ofNamespace())
                : other.namespace().equals(HERE);
        return other.isOfCluster()
                && place
                && (!peer.has("podSelector") || selects(peer.at("/podSelector"), other.labels()));
    }

    private static boolean selects(JsonNode selector, Map<String, String> labels) {
        return selector.at("/matchLabels").properties().stream()
                        .allMatch(label -> label.getValue().asText().equals(labels.get(label.getKey())))
                && stream(selector.at("/matchExpressions"))
                        .allMatch(one -> one.at("/operator").asText().equals("In")
                                && stream(one.at("/values")).anyMatch(value -> value.asText()
                                        .equals(labels.get(one.at("/key").asText()))));
    }

    private static Stream<JsonNode> stream(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    @Test
    void whoComesThroughTheIngressReachesEachServiceAndNobodyElseDoes() {
        for (Stage stage : Stage.values()) {
            Pod service = Pod.of(stage);
            assertThat(reaches(INGRESS, service, "TCP", HTTP))
                    .as(stage.service())
                    .isTrue();
            assertThat(reaches(INGRESS, service, "TCP", ANY))
                    .as(stage.service())
                    .isFalse();
            for (Pod other : List.of(STRANGER, NEIGHBOUR, KAFKA, OUTSIDE)) {
                assertThat(reaches(other, service, "TCP", HTTP))
                        .as(stage.service())
                        .isFalse();
            }
        }
    }

    @Test
    void aServiceReachesWhatItNeedsAndNothingElse() {
        int kafka = Project.yaml("k8s/components/kafka-users/kafka.yaml")
                .getFirst()
                .at("/spec/kafka/listeners/0/port")
                .asInt();
        for (Stage stage : Stage.values()) {
            Pod service = Pod.of(stage);
            assertThat(reaches(service, DNS, "UDP", 53)).as(stage.service()).isTrue();
            assertThat(reaches(service, DNS, "TCP", 53)).as(stage.service()).isTrue();
            assertThat(reaches(service, KAFKA, "TCP", kafka))
                    .as(stage.service())
                    .isTrue();
            assertThat(reaches(service, OUTSIDE, "TCP", 443))
                    .as(stage.service())
                    .isTrue();
            assertThat(reaches(service, OUTSIDE, "TCP", 80)).as(stage.service()).isFalse();
            assertThat(reaches(service, METADATA, "TCP", 443))
                    .as(stage.service())
                    .isFalse();
            assertThat(reaches(service, KAFKA, "TCP", 22)).as(stage.service()).isFalse();
            assertThat(reaches(service, STRANGER, "TCP", 443))
                    .as(stage.service())
                    .isFalse();
        }
    }

    @Test
    void workersOfOneServiceReachEachOtherAndServicesDoNot() {
        // Given
        Set<String> together = new TreeSet<>();

        // When
        for (Stage from : Stage.values()) {
            for (Stage to : Stage.values()) {
                if (reaches(Pod.of(from), Pod.of(to), "TCP", ANY)) {
                    together.add(from.service() + " " + to.service());
                }
                assertThat(reaches(Pod.of(from), Pod.of(to), "TCP", HTTP))
                        .as(from + " to " + to)
                        .isEqualTo(reaches(Pod.of(from), Pod.of(to), "TCP", ANY));
            }
        }

        // Then: who may lease shards at the brokers trains with others, or is to
        Set<String> workers = Stream.of(Stage.values())
                .filter(stage -> !BrokerUser.of(stage)
                        .operations(ResourceType.TOPIC, WorkerShards.TOPIC)
                        .isEmpty())
                .map(stage -> stage.service() + " " + stage.service())
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(together).containsAll(workers).allMatch(pair -> pair.split(" ")[0].equals(pair.split(" ")[1]));
        assertThat(together)
                .doesNotContain(Stage.INFERENCE.service() + " " + Stage.INFERENCE.service())
                .doesNotContain(Stage.TOKENIZER.service() + " " + Stage.TOKENIZER.service());
    }

    @Test
    void aServiceReachesACollectorWhereTracingIsAndNowhereElse() {
        // Given
        Pod collector = new Pod("observability", Map.of(), Map.of("alignstream/takes-traces", "true"), "10.1.1.6");
        List<JsonNode> withTracing = Stream.concat(
                        POLICIES.stream(), Project.yaml("k8s/components/tracing/policy.yaml").stream())
                .toList();
        int port = URI.create(Project.yaml("k8s/components/tracing/kustomization.yaml")
                        .getFirst()
                        .at("/configMapGenerator/0/literals/0")
                        .asText()
                        .replaceAll("^[^=]*=", ""))
                .getPort();

        // Then
        for (Stage stage : Stage.values()) {
            Pod service = Pod.of(stage);
            assertThat(reaches(service, collector, "TCP", port))
                    .as(stage.service())
                    .isFalse();
            assertThat(reaches(withTracing, service, collector, "TCP", port))
                    .as(stage.service())
                    .isTrue();
            assertThat(reaches(withTracing, service, collector, "TCP", 443))
                    .as(stage.service())
                    .isFalse();
            assertThat(reaches(withTracing, service, STRANGER, "TCP", port))
                    .as(stage.service())
                    .isFalse();
        }
    }

    @Test
    void productionUsesThem() {
        assertThat(stream(Project.yaml("k8s/overlays/production/kustomization.yaml")
                                .getFirst()
                                .at("/components"))
                        .map(JsonNode::asText))
                .contains("../../components/network-policies");
        assertThat(Project.yaml(COMPONENT + "kustomization.yaml")
                        .getFirst()
                        .at("/resources/0")
                        .asText())
                .isEqualTo("policies.yaml");
    }
}
