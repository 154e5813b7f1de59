package io.alignstream.local.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.local.project.Project;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourcePattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** In a Kubernetes cluster each service may do at the brokers what the code says that it needs, and nobody comes in unnamed. */
class KafkaUserManifestTest {

    private static final String COMPONENT = "k8s/components/kafka-users/";

    @Test
    void manifests_and_code_name_the_same_users_with_the_same_rights() {
        // Given
        Map<String, Map<ResourcePattern, Set<AclOperation>>> code =
                BrokerUser.all().stream().collect(Collectors.toMap(BrokerUser::name, BrokerUser::rights));

        // When
        Map<String, Map<ResourcePattern, Set<AclOperation>>> manifests = UserManifests.rights();

        // Then
        assertThat(manifests).isEqualTo(code);
    }

    @Test
    void every_user_belongs_to_the_cluster_and_has_a_password() {
        // Given
        JsonNode cluster = Project.yaml("k8s/base/kafka.yaml").getLast();

        // When
        List<JsonNode> users = Project.yaml(UserManifests.USERS);

        // Then
        assertThat(users).allSatisfy(user -> {
            assertThat(user.at("/metadata/labels").get("strimzi.io/cluster")).isEqualTo(cluster.at("/metadata/name"));
            assertThat(user.at("/spec/authentication/type").asText()).isEqualTo("scram-sha-512");
            assertThat(user.at("/spec/authorization/type").asText()).isEqualTo("simple");
        });
    }

    @Test
    void the_only_listener_asks_who_it_is_and_the_brokers_what_one_may() {
        // Given
        JsonNode kafka = Project.yaml(COMPONENT + "kafka.yaml").getFirst();

        // When
        JsonNode listeners = kafka.at("/spec/kafka/listeners");

        // Then
        assertThat(kafka.at("/metadata/name"))
                .isEqualTo(Project.yaml("k8s/base/kafka.yaml").getLast().at("/metadata/name"));
        assertThat(listeners).hasSize(1);
        assertThat(listeners.at("/0/tls").asBoolean()).isTrue();
        assertThat(listeners.at("/0/authentication/type").asText()).isEqualTo("scram-sha-512");
        assertThat(kafka.at("/spec/kafka/authorization/type").asText()).isEqualTo("simple");
        assertThat(kafka.at("/spec/kafka/authorization/superUsers").isMissingNode())
                .isTrue();
        assertThat(kafka.at("/spec/entityOperator").has("userOperator")).isTrue();
    }

    @Test
    void services_come_to_that_listener_and_know_the_brokers_by_their_certificate() {
        // Given
        JsonNode listener = Project.yaml(COMPONENT + "kafka.yaml").getFirst().at("/spec/kafka/listeners/0");
        JsonNode pod = Project.yaml(COMPONENT + "service.yaml").getFirst().at("/spec/template/spec");

        // When
        Map<String, String> settings = new HashMap<>();
        component()
                .at("/configMapGenerator/0/literals")
                .forEach(literal -> settings.put(
                        literal.asText().split("=")[0], literal.asText().split("=")[1]));

        // Then
        assertThat(settings)
                .containsEntry(
                        "KAFKA_BOOTSTRAP_SERVERS",
                        "alignstream-kafka-bootstrap:" + listener.at("/port").asInt())
                .containsEntry("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
                .containsEntry("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512")
                .containsEntry("KAFKA_SSL_TRUSTSTORE_TYPE", "PEM")
                .containsEntry(
                        "KAFKA_SSL_TRUSTSTORE_LOCATION",
                        pod.at("/containers/0/volumeMounts/0/mountPath").asText() + "/"
                                + pod.at("/volumes/0/secret/items/0/path").asText());
        assertThat(pod.at("/volumes/0/secret/secretName").asText()).isEqualTo("alignstream-cluster-ca-cert");
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void each_service_takes_the_password_of_its_own_user_from_its_secret(Stage stage) {
        // Given
        List<String> secrets = new ArrayList<>();

        // When
        component().at("/patches").forEach(patch -> {
            if (patch.at("/target/name").asText().equals(stage.service())) {
                secrets.add(patch.at("/patch").asText());
            }
        });

        // Then
        assertThat(secrets)
                .singleElement()
                .asString()
                .contains("path: /spec/template/spec/containers/0/env/-")
                .contains("{name: KAFKA_SASL_JAAS_CONFIG, valueFrom: {secretKeyRef: {name: " + stage.service()
                        + ", key: sasl.jaas.config}}}");
    }

    @Test
    void production_uses_it() {
        // When
        JsonNode production =
                Project.yaml("k8s/overlays/production/kustomization.yaml").getFirst();

        // Then
        assertThat(production.at("/components")).extracting(JsonNode::asText).contains("../../components/kafka-users");
    }

    private static JsonNode component() {
        return Project.yaml(COMPONENT + "kustomization.yaml").getFirst();
    }
}
