package io.alignstream.inference.constraint;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.alignstream.contracts.messages.Reason;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
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
    /** Of a member's name. */
    static final int LONGEST_NAME = 256;
    /** Of an object: whichever is left out, any later one may follow. */
    static final int MOST_MEMBERS = 500;
    /** Different ones; each may lead to the next before a byte is written. */
    static final int MOST_REFERENCES = 256;
    /** Schemas inside schemas. */
    static final int MOST_LEVELS = 100;

    private static final Set<String> OF_TYPES = Set.of(
            "type",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "minItems",
            "maxItems",
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf");
    private static final Set<String> OF_STRINGS = Set.of("minLength", "maxLength", "pattern", "format");
    private static final Set<String> OF_NUMBERS =
            Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf");
    /** Each remainder is a state. */
    private static final int GREATEST_DIVISOR = 10_000;

    private static final String HOST =
            "[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?){0,3}";
    private static final String DATE = "\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))";
    private static final String HOUR = "(?:[01]\\d|2[0-3]):[0-5]\\d";
    private static final String TIME = HOUR + ":[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+-](?:0\\d|1[0-3]):[0-5]\\d)";
    /** Not all that the format allows, but nothing else: no leap days and seconds, no addresses in quotes, only the web's. */
    private static final Map<String, String> FORMATS = Map.of(
            "date",
            DATE,
            "time",
            TIME,
            "date-time",
            DATE + "T" + TIME,
            "duration",
            "P\\d{1,4}[YMWD]|P\\d{1,4}DT\\d{1,4}[HMS]|PT\\d{1,4}[HMS]",
            "uuid",
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "email",
            "[A-Za-z0-9_+-]{1,32}(?:\\.[A-Za-z0-9_+-]{1,31})?@(?:[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?\\.){1,3}"
                    + "[a-z]{2,10}",
            "hostname",
            HOST,
            "ipv4",
            "(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)",
            "uri",
            "https?://" + HOST + "(?:/[A-Za-z0-9._~-]{0,64}){0,8}");

    private static final List<String> TYPES =
            List.of("object", "array", "string", "integer", "number", "boolean", "null");

    private final Expressions make;
    private final JsonText text;
    private final JsonNode root;
    /** What is put before names, of which other schemas may have the same ones. */
    private final String scope;
    /** What stands under each name that was met. */
    private final Map<String, JsonNode> referred = new HashMap<>();
    /** The same names, in the order in which they were met. */
    private final List<String> names = new ArrayList<>();
    /** Names that no document exists for. */
    private final Set<String> empty = new HashSet<>();

    private int level;

    private SchemaReader(Expressions make, JsonNode root, String scope) {
        this.make = make;
        this.text = new JsonText(make);
        this.root = root;
        this.scope = scope;
    }

    /**
     * The documents of {@code schema}.
     *
     * @param scope tells its names from those of other schemas of the same expressions
     * @throws UnsupportedSchemaException if it says what is not known here, is no schema, or allows no document
     */
    static Expression read(Expressions make, JsonNode schema, String scope) {
        if (schema.toString().length() > MOST_CHARACTERS) {
            throw new UnsupportedSchemaException(Reason.of("schema.tooLong").with("most", MOST_CHARACTERS));
        }
        SchemaReader reader = new SchemaReader(make, schema, scope);
        Expression documents = reader.documents();
        Set<String> productive = make.productive();
        reader.names.stream().filter(name -> !productive.contains(scope + name)).forEach(reader.empty::add);
        if (!reader.empty.isEmpty()) {
            documents = reader.documents(); // without the ways that lead nowhere
        }
        reader.requireProgress();
        if (documents.isNothing()) {
            throw new UnsupportedSchemaException(Reason.of("schema.noDocument"));
        }
        return documents;
    }

    /** The schema's, with all that they refer to under its name. */
    private Expression documents() {
        Expression documents = value(root, "#");
        for (int i = 0; i < names.size(); i++) { // more are met on the way
            String name = names.get(i);
            make.name(scope + name, value(schemaAt(name), name));
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
        for (String name : names) {
            try {
                make.after(make.reference(scope + name), '{');
            } catch (IllegalStateException e) {
                throw new UnsupportedSchemaException(
                        Reason.of("schema.circular").with("place", name));
            }
        }
    }

    private Expression value(JsonNode schema, String place) {
        requireAtMost(MOST_LEVELS, ++level);
        Expression value = read(schema, place);
        level--;
        return value;
    }

    private Expression read(JsonNode schema, String place) {
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
        if (referred.putIfAbsent(name, schema) == null) {
            names.add(name);
            requireAtMost(MOST_REFERENCES, names.size());
        }
        return empty.contains(name) ? make.nothing : make.reference(scope + name);
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
            if (OF_STRINGS.stream().anyMatch(schema::has)) {
                return List.of("string");
            }
            return OF_NUMBERS.stream().anyMatch(schema::has) ? List.of("number") : TYPES;
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
            case "string" -> string(schema, place);
            case "integer" ->
                isBounded(schema) ? range(schema, place).integers(make, divisor(schema, place)) : text.integer();
            case "number" -> isBounded(schema) ? number(schema, place) : text.number();
            case "boolean" -> text.flag();
            default -> make.text("null");
        };
    }

    private Expression string(JsonNode schema, String place) {
        int least = count(schema, "minLength", 0, place);
        int most = most(schema, "maxLength", place);
        if (!schema.has("pattern") && !schema.has("format")) {
            return text.string(least, most);
        }
        String keyword = schema.has("pattern") ? "pattern" : "format";
        String said = schema.get(keyword).asText();
        require(!(schema.has("pattern") && schema.has("format")), place, "format");
        String pattern = keyword.equals("pattern") ? said : "^(?:" + FORMATS.getOrDefault(said, "\\unknown") + ")$";
        require(schema.get(keyword).isTextual(), place, keyword);
        PatternReader.Strings strings =
                PatternReader.read(make, pattern).orElseThrow(() -> unsupported(place, keyword));
        Expression characters = strings.expression();
        if (least > strings.least() || most < strings.most()) {
            Expression each = strings.each()
                    .orElseThrow(() -> unsupported(place, least > strings.least() ? "minLength" : "maxLength"));
            characters = make.repeat(each, Math.max(least, strings.least()), Math.min(most, strings.most()));
        }
        return make.sequence(make.text("\""), characters, make.text("\""));
    }

    private static boolean isBounded(JsonNode schema) {
        return OF_NUMBERS.stream().anyMatch(schema::has)
                || schema.path("format").asText().equals("int32");
    }

    private static NumberRange range(JsonNode schema, String place) {
        NumberRange range = NumberRange.all();
        if (schema.path("format").asText().equals("int32")) {
            range = range.from(BigDecimal.valueOf(Integer.MIN_VALUE), true)
                    .to(BigDecimal.valueOf(Integer.MAX_VALUE), true);
        }
        for (String keyword : List.of("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")) {
            if (schema.has(keyword)) {
                BigDecimal bound = decimal(schema.get(keyword), place, keyword);
                boolean with = !keyword.startsWith("exclusive");
                range = keyword.toLowerCase(Locale.ROOT).endsWith("minimum")
                        ? range.from(bound, with)
                        : range.to(bound, with);
                require(range.isKnown(), place, keyword);
            }
        }
        return range;
    }

    /** As short as it can be written: of a zero or an integer no digits behind the point. */
    private static BigDecimal decimal(JsonNode number, String place, String keyword) {
        require(number.isNumber() && Double.isFinite(number.doubleValue()), place, keyword);
        return number.decimalValue().stripTrailingZeros();
    }

    private static long divisor(JsonNode schema, String place) {
        JsonNode said = schema.get("multipleOf");
        if (said == null) {
            return 1;
        }
        BigDecimal divisor = decimal(said, place, "multipleOf");
        require(
                divisor.scale() <= 0
                        && divisor.signum() > 0
                        && divisor.compareTo(BigDecimal.valueOf(GREATEST_DIVISOR)) <= 0,
                place,
                "multipleOf");
        return divisor.longValueExact();
    }

    /** Multiples are whole numbers, or have so many digits behind the point. */
    private Expression number(JsonNode schema, String place) {
        NumberRange range = range(schema, place);
        JsonNode multiple = schema.path("multipleOf");
        if (multiple.isMissingNode()) {
            return range.numbers(make, NumberRange.DECIMALS);
        }
        BigDecimal divisor = decimal(multiple, place, "multipleOf");
        boolean decimal = divisor.scale() > 0 && divisor.scale() <= NumberRange.DECIMALS;
        return decimal && divisor.unscaledValue().equals(BigInteger.ONE)
                ? range.numbers(make, divisor.scale())
                : range.integers(make, divisor(schema, place));
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
        requireAtMost(MOST_MEMBERS, members.size());
        members.keySet().forEach(name -> requireAtMost(LONGEST_NAME, name.length()));
        return make.sequence(make.text("{"), members(members, required, others), make.text("}"));
    }

    /** From the last one to the first: what comes after no member, and what after one. */
    private Expression members(SequencedMap<String, Expression> members, Set<String> required, Expression others) {
        Expression more = others.isNothing() ? make.nothing : text.member(text.otherName(members.keySet()), others);
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

    private static void requireAtMost(int most, int there) {
        if (there > most) {
            throw UnsupportedSchemaException.tooLarge();
        }
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
