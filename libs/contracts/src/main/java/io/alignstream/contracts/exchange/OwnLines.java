package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.check.JsonFault;
import io.alignstream.contracts.messages.Reason;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The events themselves. A ranking need not repeat the id of the request beside it. */
final class OwnLines implements RankingFormat.Form {

    private static final JsonMapper JSON = JsonMapper.builder()
            .serializationInclusion(JsonInclude.Include.NON_NULL)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .build();

    @Override
    public boolean fits(ObjectNode json) {
        return json.has("request") && json.has("ranking");
    }

    @Override
    public List<RankedRequest> read(ObjectNode json, RankedRequest.Source source, Consumer<Reason> remarks) {
        ObjectNode whole = unpacked(json, List.of("request", "ranking"));
        if (whole.get("ranking") instanceof ObjectNode ranking && !ranking.has("requestId")) {
            ranking.set("requestId", whole.path("request").get("requestId"));
        }
        return List.of(convert(whole, RankedRequest.class));
    }

    /** {@code json} with the values of {@code fields}, which tables have as JSON texts. */
    static ObjectNode unpacked(ObjectNode json, List<String> fields) {
        ObjectNode whole = json.deepCopy();
        fields.stream()
                .filter(whole::has)
                .forEach(field -> whole.replace(field, ElementFields.unpacked(whole.get(field))));
        return whole;
    }

    /**
     * The event that {@code json} says.
     *
     * @throws InvalidInputException if it says none, with the field
     */
    static <T> T convert(ObjectNode json, Class<T> type) {
        requireKnownFields("", json, type);
        try {
            return JSON.treeToValue(json, type);
        } catch (JsonMappingException e) {
            String field = JsonFault.field(e);
            throw new InvalidInputException(
                    field.isEmpty()
                            ? JsonFault.of(e)
                            : Reason.of("exchange.wrongField")
                                    .with("field", field)
                                    .with("detail", JsonFault.of(e)));
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(JsonFault.of(e));
        }
    }

    /** Looks before binding does, which would complain about the missing field, not about the misspelt one. */
    private static void requireKnownFields(String place, JsonNode json, Class<?> type) {
        Map<String, RecordComponent> known = new LinkedHashMap<>();
        for (RecordComponent component : type.getRecordComponents()) {
            known.put(component.getName(), component);
        }
        json.properties().forEach(field -> {
            RecordComponent component = known.get(field.getKey());
            if (component == null) {
                Reason unknown = Reason.of("json.unknownField")
                        .with("field", field.getKey())
                        .with("known", String.join(", ", known.keySet()));
                throw new InvalidInputException(
                        place.isEmpty()
                                ? unknown
                                : Reason.of("exchange.wrongField")
                                        .with("field", place)
                                        .with("detail", unknown));
            }
            if (component.getType().isRecord()) {
                requireKnownFields(field.getKey(), field.getValue(), component.getType());
            }
        });
    }

    @Override
    public List<ObjectNode> write(RankedRequest ranked) {
        return List.of(json(ranked));
    }

    /** The JSON of an event. */
    static ObjectNode json(Object event) {
        return JSON.valueToTree(event);
    }
}
