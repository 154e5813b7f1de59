package io.alignstream.languagemodel.tokenizer.jinja;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON as what a template is given; every text in it is typed by somebody. */
public final class Given {

    static final char TYPED = 1;

    private Given() {}

    public static Map<String, Object> of(JsonNode object) {
        Map<String, Object> given = new HashMap<>();
        object.properties().forEach(entry -> given.put(entry.getKey(), value(entry.getValue())));
        return given;
    }

    private static Object value(JsonNode node) {
        if (node.isObject()) {
            Map<Object, Object> map = new LinkedHashMap<>();
            node.properties().forEach(entry -> map.put(MarkedText.of(entry.getKey(), TYPED), value(entry.getValue())));
            return map;
        }
        if (node.isArray()) {
            List<Object> list = new ArrayList<>();
            node.forEach(element -> list.add(value(element)));
            return list;
        }
        if (node.isTextual()) {
            return MarkedText.of(node.asText(), TYPED);
        }
        if (node.isNull()) {
            return JinjaTemplate.NONE;
        }
        if (node.isBoolean()) {
            return node.asBoolean();
        }
        if (node.isIntegralNumber()) {
            return node.asLong();
        }
        return node.asDouble();
    }
}
