package io.alignstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TopicTest {

    static List<Topic<?>> topics() {
        return Topic.ALL;
    }

    static List<Topic<?>> jsonTopics() {
        return GoldenFileTest.jsonTopics().toList();
    }

    @ParameterizedTest
    @MethodSource("topics")
    void readsBackWhatWasWritten(Topic<?> topic) throws Exception {
        // Given
        Object event = Samples.event(topic);
        // When
        Object read = topic.decode(Samples.consumed(Samples.encode(topic, event)));
        // Then
        assertThat(read).usingRecursiveComparison().isEqualTo(event);
    }

    @ParameterizedTest
    @MethodSource("jsonTopics")
    void recordsAreCloudEvents(Topic<?> topic) {
        // Given
        Object event = Samples.event(topic);
        // When
        ProducerRecord<byte[], byte[]> sent = Samples.encode(topic, event);
        // Then
        assertThat(sent.topic()).isEqualTo(topic.name());
        assertThat(header(sent, "ce_specversion")).isEqualTo("1.0");
        assertThat(header(sent, "ce_type")).matches("io\\.alignstream\\.[a-z-]+\\.v1");
        assertThat(header(sent, "ce_source")).isEqualTo("a-test");
        assertThat(header(sent, "ce_id")).isNotBlank();
        assertThat(Instant.parse(header(sent, "ce_time"))).isNotNull();
        assertThat(header(sent, "content-type")).isEqualTo("application/json");
    }

    @ParameterizedTest
    @CsvSource({
        "documents, doc-1",
        "clean-documents, doc-1",
        "tokenizers, alignstream/" + Samples.HASH,
        "token-batches, 3",
        "instructions, instruction-1",
        "prompts, prompt-1",
        "checkpoints, sft/4f2a",
        "ranking-requests, request-1",
        "rankings, request-1/ann",
        "guidelines, v2",
        "feedback, response-1",
        "shadow-answers, response-1",
        "model-releases, alignstream/4f2a",
        "guard-decisions, 77aa",
        "stage-controls, sft",
        "incidents, pretrain/77aa/120/2",
        "training-progress, rlhf/77aa",
        "ended-sessions, " + Samples.HASH,
        "audit-log, sft-service",
    })
    void keysAreAsDesigned(String name, String key) {
        // Given
        Topic<?> topic = Topic.ALL.stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow();
        // When
        ProducerRecord<byte[], byte[]> sent = Samples.encode(topic, Samples.event(topic));
        // Then
        assertThat(new String(sent.key(), StandardCharsets.UTF_8)).isEqualTo(key);
    }

    @Test
    void allHoldsEveryConstantOnce() {
        // Given
        List<String> constants = Arrays.stream(Topic.class.getFields())
                .filter(field -> field.getType() == Topic.class && Modifier.isStatic(field.getModifiers()))
                .map(field -> field.getName().toLowerCase(Locale.ROOT).replace('_', '-'))
                .toList();
        // When // Then
        assertThat(Topic.ALL).extracting(Topic::name).containsExactlyInAnyOrderElementsOf(constants);
    }

    @Test
    void onlyRegistriesAreCompacted() {
        assertThat(Topic.ALL)
                .filteredOn(topic -> topic.retention().cleanupPolicy().equals("compact"))
                .containsExactlyInAnyOrder(
                        Topic.TOKENIZERS,
                        Topic.CHECKPOINTS,
                        Topic.MODEL_RELEASES,
                        Topic.GUARD_DECISIONS,
                        Topic.STAGE_CONTROLS,
                        Topic.INCIDENTS);
    }

    private static String header(ProducerRecord<byte[], byte[]> sent, String name) {
        Header header = sent.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }
}
