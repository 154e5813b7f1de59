package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.check.JsonFault;
import io.alignstream.contracts.messages.Reason;
import java.util.List;

/** The events themselves. A ranking need not repeat the id of the request beside it. */
final class OwnLines implements RankingFormat.Form {

    private static final JsonMapper JSON = JsonMapper.builder()
            .serializationInclusion(JsonInclude.Include.NON_NULL)
            .build();

    @Override
    public boolean fits(ObjectNode json) {
        return json.path("request").isObject() && json.path("ranking").isObject();
    }

    @Override
    public RankedRequest read(ObjectNode json, RankedRequest.Source source) {
        ObjectNode whole = json.deepCopy();
        if (whole.get("ranking") instanceof ObjectNode ranking && !ranking.has("requestId")) {
            ranking.set("requestId", whole.path("request").get("requestId"));
        }
        return convert(whole, RankedRequest.class);
    }

    /**
     * The event that {@code json} says.
     *
     * @throws InvalidInputException if it says none, with the field
     */
    static <T> T convert(ObjectNode json, Class<T> type) {
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

    @Override
    public List<ObjectNode> write(RankedRequest ranked) {
        return List.of(json(ranked));
    }

    /** The JSON of an event. */
    static ObjectNode json(Object event) {
        return JSON.valueToTree(event);
    }
}
