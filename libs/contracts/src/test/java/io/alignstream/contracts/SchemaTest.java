package io.alignstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.messages.Reason;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the schemas against the records: same fields, same verdict on damaged events. */
class SchemaTest {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    static List<Topic<?>> jsonTopics() {
        return GoldenFileTest.jsonTopics().collect(Collectors.toList());
    }

    @ParameterizedTest
    @MethodSource("jsonTopics")
    void propertiesAreTheRecordsComponents(Topic<?> topic) throws Exception {
        // Given
        JsonNode schema = Schemas.json(topic);
        // When // Then
        assertSameFields(topic.eventClass(), schema, schema);
    }

    @ParameterizedTest
    @MethodSource("jsonTopics")
    void schemaAndRecordAgreeOnDamagedEvents(Topic<?> topic) throws Exception {
        assertAgreement(topic, Samples.event(topic));
    }

    @Test
    void schemaAndRecordAgreeOnDamagedExplanationsAndNames() throws Exception {
        ModelRelease release = (ModelRelease) Samples.event(Topic.MODEL_RELEASES);
        Reason explanation = Reason.of("gate.rejected")
                .with("prompts", 40)
                .with("faults", Reason.of("gate.kl").with("value", 0.5).with("bound", "low"));
        assertAgreement(
                Topic.MODEL_RELEASES,
                new ModelRelease(
                        release.model(),
                        release.verdict(),
                        release.reference(),
                        release.run(),
                        release.figures(),
                        release.reason(),
                        explanation,
                        "Ann"));
    }

    @Test
    void schemaAndRecordAgreeOnDamagedPromotions() throws Exception {
        Checkpoint checkpoint = (Checkpoint) Samples.event(Topic.CHECKPOINTS);
        Reason reason = Reason.of("reward.notPromoted").with("accuracy", 0.5).with("inUse", 0.75);
        assertAgreement(
                Topic.CHECKPOINTS,
                checkpoint.with(new Checkpoint.Promotion(false, reason, "Ann")).begunBy(Reason.of("cause.inputs")));
    }

    @Test
    void schemaAndRecordAgreeOnDamagedAbstentions() throws Exception {
        assertAgreement(
                Topic.RANKINGS,
                Ranking.abstained(
                        "request-1",
                        "ann",
                        "v1",
                        new Ranking.Abstention(Ranking.Abstention.Cause.OTHER, "The answers are cut off.")));
    }

    @Test
    void schemaAndRecordAgreeOnWhatAPersonAskedFor() throws Exception {
        assertAgreement(
                Topic.STAGE_CONTROLS,
                new StageControl(
                        "sft",
                        true,
                        7,
                        List.of(),
                        new StageControl.Asked(StageControl.Action.PAUSE, "Ann", "The data is wrong.")));
    }

    private static void assertAgreement(Topic<?> topic, Object event) throws Exception {
        // Given
        JsonSchema schema = Schemas.of(topic);
        JsonNode whole = CloudEventCodec.JSON.valueToTree(event);
        int refused = 0;
        for (JsonNode damaged : variants(whole)) {
            // When
            boolean valid = schema.validate(damaged).isEmpty();
            boolean decoded = decodes(topic, damaged);
            // Then
            assertThat(decoded).as("%s decodes, and the schema agrees", damaged).isEqualTo(valid);
            refused += valid ? 0 : 1;
        }
        assertThat(refused).isGreaterThan(whole.size());
    }

    @ParameterizedTest
    @MethodSource("jsonTopics")
    void schemaAndRecordAgreeOnTheLengthOfTexts(Topic<?> topic) throws Exception {
        // Given
        JsonNode schema = Schemas.json(topic);
        ObjectNode whole = CloudEventCodec.JSON.valueToTree(Samples.event(topic));
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            if (property.getValue().has("maxLength")) {
                int limit = property.getValue().path("maxLength").intValue();
                // When
                JsonNode longest = whole.deepCopy().put(property.getKey(), "x".repeat(limit));
                JsonNode tooLong = whole.deepCopy().put(property.getKey(), "x".repeat(limit + 1));
                // Then
                assertThat(decodes(topic, longest)).as(property.getKey()).isTrue();
                assertThat(decodes(topic, tooLong)).as(property.getKey()).isFalse();
            }
        }
    }

    private static boolean decodes(Topic<?> topic, JsonNode event) throws Exception {
        try {
            topic.decode(Samples.consumed(topic, CloudEventCodec.JSON.writeValueAsBytes(event)));
            return true;
        } catch (PoisonEventException e) {
            assertThat(e).message().isNotBlank();
            return false;
        }
    }

    /** {@code node} with one value anywhere in it missing or replaced by a value of every other kind. */
    private static List<JsonNode> variants(JsonNode node) {
        List<JsonNode> variants = new ArrayList<>();
        if (node instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> property : object.properties()) {
                variants.add(object.deepCopy().without(property.getKey()));
                replacements(property.getValue())
                        .forEach(value -> variants.add(object.deepCopy().set(property.getKey(), value)));
            }
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                for (JsonNode value : replacements(array.get(i))) {
                    ArrayNode copy = array.deepCopy();
                    copy.set(i, value);
                    variants.add(copy);
                }
            }
        }
        return variants;
    }

    private static List<JsonNode> replacements(JsonNode value) {
        List<JsonNode> replacements = new ArrayList<>(variants(value));
        List<JsonNode> others = List.of(
                JSON.nullNode(),
                JSON.booleanNode(true),
                JSON.numberNode(-1),
                JSON.numberNode(0.5),
                JSON.textNode(""),
                JSON.textNode(" \t"),
                JSON.textNode("NaN"),
                JSON.textNode("1"),
                JSON.arrayNode(),
                JSON.objectNode(),
                JSON.objectNode().put("a", "b"),
                JSON.arrayNode().add(true));
        others.stream().filter(other -> !sameKind(value, other)).forEach(replacements::add);
        return replacements;
    }

    // A label may well be NaN, and an unknown reference is one that no schema can refuse.
    private static boolean sameKind(JsonNode value, JsonNode other) {
        return value.isTextual() && other.isTextual() && !other.asText().isBlank()
                || value.isNumber() && other.isNumber();
    }

    private static void assertSameFields(Type type, JsonNode schema, JsonNode root) {
        JsonNode resolved = resolve(schema, root);
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            boolean list = generic.getRawType() == List.class;
            assertSameFields(
                    arguments[arguments.length - 1], resolved.path(list ? "items" : "additionalProperties"), root);
        } else if (type instanceof Class<?> record && record.isRecord()) {
            Set<String> properties = new TreeSet<>();
            resolved.path("properties").fieldNames().forEachRemaining(properties::add);
            assertThat(properties)
                    .as(record.getSimpleName())
                    .containsExactlyInAnyOrderElementsOf(Arrays.stream(record.getRecordComponents())
                            .map(RecordComponent::getName)
                            .toList());
            for (RecordComponent component : record.getRecordComponents()) {
                assertSameFields(
                        component.getGenericType(), resolved.path("properties").path(component.getName()), root);
            }
        } else if (type instanceof Class<?> constants && constants.isEnum() && type != Stage.class) {
            assertThat(resolved.path("enum"))
                    .extracting(JsonNode::asText)
                    .containsExactlyElementsOf(Arrays.stream(constants.getFields())
                            .map(field -> field.getAnnotation(JsonProperty.class))
                            .map(annotation -> annotation == null ? "without a name" : annotation.value())
                            .toList());
        }
    }

    private static JsonNode resolve(JsonNode schema, JsonNode root) {
        JsonNode reference = schema.has("anyOf") ? schema.path("anyOf").path(0) : schema;
        return reference.has("$ref") ? root.at(reference.path("$ref").asText().substring(1)) : reference;
    }
}
