package io.alignstream.local.project;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicy;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBinding;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Resources have the fields that Kubernetes, or the operator that they are for, knows, and no other: a misspelled one has no effect,
 * and nobody notices.
 */
class StrictManifestTest {

    private static final Map<String, Class<?>> KINDS = Map.of(
            "Namespace", Namespace.class,
            "ServiceAccount", ServiceAccount.class,
            "PersistentVolumeClaim", PersistentVolumeClaim.class,
            "Service", Service.class,
            "StatefulSet", StatefulSet.class,
            "NetworkPolicy", NetworkPolicy.class,
            "PodDisruptionBudget", PodDisruptionBudget.class,
            "ValidatingAdmissionPolicy", ValidatingAdmissionPolicy.class,
            "ValidatingAdmissionPolicyBinding", ValidatingAdmissionPolicyBinding.class);

    /** Of operators, which define them. */
    private static final Map<String, String> DEFINED = Map.of(
            "Kafka", "kafkas",
            "KafkaNodePool", "kafkanodepools",
            "KafkaTopic", "kafkatopics",
            "KafkaUser", "kafkausers",
            "PodMonitor", "podmonitors",
            "PrometheusRule", "prometheusrules",
            "ScaledObject", "scaledobjects",
            "TriggerAuthentication", "triggerauthentications");

    /** Of kustomize. */
    private static final Set<String> OTHERS = Set.of("Kustomization", "Component");

    /** Says only what it changes of a resource that another file holds. */
    private static final String PATCH = "k8s/components/kafka-users/kafka.yaml";

    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .annotationIntrospector(new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1L;

                @Override
                public Boolean hasAnySetter(Annotated any) {
                    return false; // where the model would put what it does not know
                }
            })
            .build();

    @Test
    void every_field_is_one_that_kubernetes_knows() {
        // Given
        List<String> unknown = new ArrayList<>();
        Set<String> seen = new TreeSet<>();

        // When
        for (Path file : Project.files("k8s", ".yaml")) {
            String path = Project.ROOT.relativize(file).toString();
            if (!path.endsWith("alerts-test.yaml") && !Project.text(path).contains("$patch")) {
                for (JsonNode resource : Project.yaml(path)) {
                    String kind = resource.at("/kind").asText();
                    seen.add(kind);
                    problem(resource, KINDS.get(kind)).ifPresent(problem -> unknown.add(path + ": " + problem));
                }
            }
        }

        // Then
        assertThat(unknown).isEmpty();
        assertThat(seen).containsAll(KINDS.keySet());
        seen.removeAll(KINDS.keySet());
        seen.removeAll(DEFINED.keySet());
        assertThat(OTHERS).containsAll(seen);
    }

    @Test
    void every_field_of_an_operators_resource_is_one_that_it_defines() {
        // Given
        Map<String, JsonSchema> schemas = new HashMap<>();
        DEFINED.forEach((kind, plural) -> schemas.put(kind, CustomResources.schema(plural)));
        List<String> problems = new ArrayList<>();
        Set<String> seen = new TreeSet<>();

        // When
        for (Path file : Project.files("k8s", ".yaml")) {
            String path = Project.ROOT.relativize(file).toString();
            for (JsonNode resource : Project.yaml(path)) {
                String kind = resource.at("/kind").asText();
                JsonSchema schema = schemas.get(kind);
                if (schema != null && resource.has("apiVersion")) {
                    seen.add(kind);
                    schema.validate(resource).stream()
                            .filter(problem ->
                                    !(path.equals(PATCH) && problem.getType().equals("required")))
                            .forEach(problem -> problems.add(path + ": " + problem));
                }
            }
        }

        // Then
        assertThat(problems).isEmpty();
        assertThat(seen).isEqualTo(DEFINED.keySet());
    }

    private static Optional<String> problem(JsonNode resource, @Nullable Class<?> type) {
        if (type == null) {
            return Optional.empty();
        }
        try {
            STRICT.treeToValue(resource, type);
            return Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.of(e.getOriginalMessage());
        }
    }
}
