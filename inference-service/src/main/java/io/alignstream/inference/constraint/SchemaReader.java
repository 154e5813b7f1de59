package io.alignstream.inference.constraint;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Reads a JSON schema as the set of documents that it allows, or a part of it: each document of the set validates.
 *
 * <p>Members come in the schema's order, each once. Where {@code additionalProperties} is not said and there are {@code
 * properties}, there are no others; {@link JsonText} says which of the many layouts and numbers there are. A keyword that it
 * does not know is refused, as an answer that broke it would be no better than one without a schema.
 */
final class SchemaReader {

    /** They say nothing of what validates. */
    private static final Set<String> ANNOTATIONS = Set.of(
            "$schema",
            "$id",
            "$comment",
            "$defs",
            "definitions",
            "title",
            "description",
            "default",
            "examples",
            "deprecated",
            "readOnly",
            "writeOnly");

    /** Of a schema's JSON. */
    private static final int MOST_CHARACTERS = 1 << 16;
    /** Of a name, where there may be others. */
    private static final int LONGEST_NAME = 256;

    private static final Set<String> OF_TYPES = Set.of(
            "type",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "minItems",
            "maxItems",
            "minLength",
            "maxLength");
    private static final List<String> TYPES =
            List.of("object", "array", "string", "integer", "number", "boolean", "null");

    private final Expressions make;
    private final JsonText text;
    private final JsonNode root;
    /** Names that documents are known to exist for. */
    private final Set<String> productive = new HashSet<>();
    /** What stands under each name that was met. */
    private final SequencedMap<String, JsonNode> referred = new LinkedHashMap<>();

    private SchemaReader(Expressions make, JsonNode root) {
        this.make = make;
        this.text = new JsonText(make);
        this.root = root;
    }

    /**
     * The documents of {@code schema}.
     *
     * @throws UnsupportedSchemaException if it says what is not known here, is no schema, or allows no document
     */
    static Expression read(Expressions make, JsonNode schema) {
        if (schema.toString().length() > MOST_CHARACTERS) {
            throw new UnsupportedSchemaException(Reason.of("schema.tooLong").with("most", MOST_CHARACTERS));
        }
        SchemaReader reader = new SchemaReader(make, schema);
        Expression documents = reader.value(schema, "#");
        // Whose documents need no others first, then those that need only these: a schema that needs itself has none.
        boolean more = true;
        while (more) {
            int met = reader.referred.size();
            more = false;
            for (String name : List.copyOf(reader.referred.sequencedKeySet())) {
                Expression under = reader.value(reader.schemaAt(name), name);
                make.name(name, under);
                more |= !under.isNothing() && reader.productive.add(name);
            }
            documents = reader.value(schema, "#");
            more |= reader.referred.size() > met;
        }
        reader.requireProgress();
        if (documents.isNothing()) {
            throw new UnsupportedSchemaException(Reason.of("schema.noDocument"));
        }
        return documents;
    }

    private JsonNode schemaAt(String name) {
        JsonNode schema = referred.get(name);
        if (schema == null) {
            throw new IllegalStateException(name + " was not met");
        }
        return schema;
    }

    /** A name that stands for itself before anything is written says nothing. */
    private void requireProgress() {
        for (String name : referred.sequencedKeySet()) {
            try {
                make.after(make.reference(name), '{');
            } catch (IllegalStateException e) {
                throw new UnsupportedSchemaException(
                        Reason.of("schema.circular").with("place", name));
            }
        }
    }

    private Expression value(JsonNode schema, String place) {
        if (schema.isBoolean()) {
            return schema.booleanValue() ? text.value() : make.nothing;
        }
        require(schema.isObject(), place, "");
        Set<String> said = new LinkedHashSet<>();
        schema.fieldNames().forEachRemaining(said::add);
        said.removeAll(ANNOTATIONS);
        if (said.isEmpty()) {
            return text.value();
        }
        for (String single : List.of("$ref", "anyOf", "allOf")) {
            if (said.contains(single)) {
                said.stream().filter(other -> !other.equals(single)).forEach(other -> require(false, place, other));
                return combined(single, schema.get(single), place);
            }
        }
        if (said.contains("const") || said.contains("enum")) {
            return values(schema, said, place);
        }
        said.forEach(keyword -> require(OF_TYPES.contains(keyword), place, keyword));
        return make.choice(types(schema, place).stream()
                .map(type -> ofType(type, schema, place))
                .toList());
    }

    private Expression combined(String keyword, JsonNode said, String place) {
        if (keyword.equals("$ref")) {
            require(said.isTextual() && said.textValue().startsWith("#"), place, keyword);
            return reference(said.textValue(), place);
        }
        // All of one is that one; all of several is not put together here.
        require(said.isArray() && !said.isEmpty() && (keyword.equals("anyOf") || said.size() == 1), place, keyword);
        List<Expression> ways = new ArrayList<>();
        for (JsonNode way : said) {
            ways.add(value(way, place + "/" + keyword + "/" + ways.size()));
        }
        return make.choice(ways);
    }

    private Expression reference(String name, String place) {
        JsonNode schema;
        try {
            schema = root.at(JsonPointer.compile(name.substring(1)));
        } catch (IllegalArgumentException e) {
            throw unsupported(place, "$ref");
        }
        require(!schema.isMissingNode(), place, "$ref");
        referred.putIfAbsent(name, schema);
        return productive.contains(name) ? make.reference(name) : make.nothing;
    }

    /** Those of the listed values that have the type, where one is said. */
    private Expression values(JsonNode schema, Set<String> said, String place) {
        said.forEach(keyword -> require(Set.of("const", "enum", "type").contains(keyword), place, keyword));
        List<String> types = types(schema, place);
        List<Expression> ways = new ArrayList<>();
        if (schema.has("const")) {
            require(!schema.has("enum"), place, "enum");
            add(ways, schema.get("const"), types);
        } else {
            require(schema.get("enum").isArray(), place, "enum");
            schema.get("enum").forEach(value -> add(ways, value, types));
        }
        return make.choice(ways);
    }

    private void add(List<Expression> ways, JsonNode value, List<String> types) {
        String type =
                switch (value.getNodeType()) {
                    case OBJECT -> "object";
                    case ARRAY -> "array";
                    case STRING -> "string";
                    case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
                    case BOOLEAN -> "boolean";
                    default -> "null";
                };
        if (types.contains(type) || (type.equals("integer") && types.contains("number"))) {
            ways.add(make.text(value.toString()));
        }
    }

    /** What is said, or what the keywords are about, or all. */
    private List<String> types(JsonNode schema, String place) {
        JsonNode type = schema.get("type");
        if (type == null) {
            if (schema.has("properties") || schema.has("required") || schema.has("additionalProperties")) {
                return List.of("object");
            }
            if (schema.has("items") || schema.has("minItems") || schema.has("maxItems")) {
                return List.of("array");
            }
            return schema.has("minLength") || schema.has("maxLength") ? List.of("string") : TYPES;
        }
        List<String> types = new ArrayList<>();
        if (type.isArray()) {
            type.forEach(one -> types.add(one.asText()));
        } else {
            types.add(type.asText());
        }
        require(!types.isEmpty() && TYPES.containsAll(types), place, "type");
        return types;
    }

    private Expression ofType(String type, JsonNode schema, String place) {
        return switch (type) {
            case "object" -> object(schema, place);
            case "array" -> {
                JsonNode items = schema.get("items");
                Expression item = items == null ? text.value() : value(items, place + "/items");
                yield text.array(item, count(schema, "minItems", 0, place), most(schema, "maxItems", place));
            }
            case "string" -> text.string(count(schema, "minLength", 0, place), most(schema, "maxLength", place));
            case "integer" -> text.integer();
            case "number" -> text.number();
            case "boolean" -> text.flag();
            default -> make.text("null");
        };
    }

    private Expression object(JsonNode schema, String place) {
        JsonNode additional = schema.get("additionalProperties");
        SequencedMap<String, Expression> members = new LinkedHashMap<>();
        JsonNode properties = schema.path("properties");
        require(properties.isObject() || properties.isMissingNode(), place, "properties");
        properties
                .properties()
                .forEach(property -> members.put(
                        property.getKey(), value(property.getValue(), place + "/properties/" + property.getKey())));
        Expression others = additional == null
                ? (members.isEmpty() ? text.value() : make.nothing)
                : value(additional, place + "/additionalProperties");
        Set<String> required = new HashSet<>();
        JsonNode list = schema.path("required");
        require(list.isArray() || list.isMissingNode(), place, "required");
        for (JsonNode name : list) {
            require(name.isTextual(), place, "required");
            required.add(name.textValue());
            members.putIfAbsent(name.textValue(), others);
        }
        boolean alone = others.isNothing();
        members.keySet().forEach(name -> require(alone || name.length() <= LONGEST_NAME, place, "properties"));
        return make.sequence(make.text("{"), members(members, required, others), make.text("}"));
    }

    /** From the last one to the first: what comes after no member, and what after one. */
    private Expression members(SequencedMap<String, Expression> members, Set<String> required, Expression others) {
        Expression more = text.member(text.otherName(members.keySet()), others);
        Expression behind = make.repeat(make.sequence(text.comma(), more), 0, Expression.UNBOUNDED);
        Expression first = make.optional(make.sequence(more, behind));
        for (Map.Entry<String, Expression> member : members.reversed().sequencedEntrySet()) {
            Expression name = make.text(TextNode.valueOf(member.getKey()).toString());
            Expression here = make.sequence(text.member(name, member.getValue()), behind);
            Expression hereBehind = make.sequence(text.comma(), here);
            boolean mayLack = !required.contains(member.getKey());
            first = mayLack ? make.choice(List.of(here, first)) : here;
            behind = mayLack ? make.choice(List.of(hereBehind, behind)) : hereBehind;
        }
        return first;
    }

    private static int most(JsonNode schema, String keyword, String place) {
        return count(schema, keyword, Expression.UNBOUNDED, place);
    }

    private static int count(JsonNode schema, String keyword, int otherwise, String place) {
        JsonNode count = schema.get(keyword);
        if (count == null) {
            return otherwise;
        }
        require(count.isIntegralNumber() && count.canConvertToInt() && count.intValue() >= 0, place, keyword);
        return count.intValue();
    }

    private static void require(boolean condition, String place, String keyword) {
        if (!condition) {
            throw unsupported(place, keyword);
        }
    }

    private static UnsupportedSchemaException unsupported(String place, String keyword) {
        return new UnsupportedSchemaException(
                Reason.of("schema.unsupported").with("place", keyword.isEmpty() ? place : place + "/" + keyword));
    }
}
