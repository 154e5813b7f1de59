package io.alignstream.local.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.local.project.Project;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;

/** A Kubernetes cluster gets the topics that a local broker gets. */
class KafkaTopicManifestTest {

    @Test
    void manifests_and_code_name_the_same_topics_with_the_same_settings() {
        // Given
        Map<String, Map<String, String>> code = TopicSetup.all().stream()
                .collect(Collectors.toMap(NewTopic::name, topic -> new TreeMap<>(topic.configs())));

        // When
        Map<String, Map<String, String>> manifests = Project.yaml("k8s/base/topics.yaml").stream()
                .collect(Collectors.toMap(topic -> topic.at("/metadata/name").asText(), this::settings));

        // Then
        assertThat(manifests).isEqualTo(code);
    }

    @Test
    void every_topic_belongs_to_the_cluster() {
        // Given
        JsonNode cluster = Project.yaml("k8s/base/kafka.yaml").getLast();

        // When
        var clusters = Project.yaml("k8s/base/topics.yaml").stream()
                .map(topic ->
                        topic.at("/metadata/labels").get("strimzi.io/cluster").asText());

        // Then
        assertThat(clusters).containsOnly(cluster.at("/metadata/name").asText());
        assertThat(cluster.at("/spec/kafka/config").get("message.max.bytes").asInt())
                .isGreaterThanOrEqualTo(TopicSetup.MAX_DEAD_LETTER_BYTES);
    }

    private Map<String, String> settings(JsonNode topic) {
        assertThat(topic.at("/kind").asText()).isEqualTo("KafkaTopic");
        Map<String, String> settings = new TreeMap<>();
        topic.at("/spec/config")
                .properties()
                .forEach(setting ->
                        settings.put(setting.getKey(), setting.getValue().asText()));
        return settings;
    }
}
