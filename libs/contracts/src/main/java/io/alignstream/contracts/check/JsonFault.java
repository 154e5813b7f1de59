package io.alignstream.contracts.check;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import io.alignstream.contracts.messages.Reason;
import java.util.Arrays;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says what is wrong with a JSON text to whoever wrote it, not to whoever wrote the program that reads it. */
public final class JsonFault {

    private static final int SHOWN = 60;
    private static final Pattern DUPLICATE = Pattern.compile("Duplicate field '(.*)'.*", Pattern.DOTALL);
    private static final Pattern LIMIT = Pattern.compile(".*maximum allowed \\((\\d+).*", Pattern.DOTALL);

    private JsonFault() {}

    /** What {@code e} means. */
    public static Reason of(JsonProcessingException e) {
        String message = String.valueOf(e.getOriginalMessage());
        if (message.startsWith("Non-standard token")) {
            return Reason.of("json.notFinite");
        }
        if (message.startsWith("Unexpected end-of-input")) {
            return Reason.of("json.endsEarly");
        }
        if (message.contains("out of range")) {
            return Reason.of("json.outOfRange");
        }
        return switch (e) {
            case StreamConstraintsException limit -> limit(String.valueOf(limit.getOriginalMessage()));
            case JsonEOFException early -> Reason.of("json.endsEarly");
            case ValueInstantiationException invalid
            when invalid.getCause() instanceof InvalidInputException input -> input.reason();
            case ValueInstantiationException invalid
            when invalid.getCause() != null ->
                Reason.of("json.refused")
                        .with("detail", String.valueOf(invalid.getCause().getMessage()));
            case UnrecognizedPropertyException unknown ->
                Reason.of("json.unknownField")
                        .with("field", unknown.getPropertyName())
                        .with(
                                "known",
                                unknown.getKnownPropertyIds() == null
                                        ? ""
                                        : unknown.getKnownPropertyIds().stream()
                                                .map(String::valueOf)
                                                .collect(Collectors.joining(", ")));
            case InvalidFormatException wrong
            when wrong.getTargetType() != null && wrong.getTargetType().isEnum() ->
                Reason.of("json.notOneOf")
                        .with("value", shown(wrong.getValue()))
                        .with("known", names(wrong.getTargetType()));
            case InvalidFormatException wrong
            when wrong.getValue() instanceof String && !isNumber(wrong.getTargetType()) ->
                Reason.of("json.malformed").with("value", shown(wrong.getValue()));
            case MismatchedInputException wrong -> mismatch(wrong);
            case JsonMappingException wrong -> Reason.of("json.unfit");
            default -> syntax(e);
        };
    }

    /** The field that {@code e} is about, for example {@code messages[0].role}; empty for the whole. */
    public static String field(JsonMappingException e) {
        return e.getPath().stream()
                .map(step -> step.getFieldName() == null ? "[" + step.getIndex() + "]" : step.getFieldName())
                .collect(Collectors.joining("."))
                .replace(".[", "[");
    }

    private static Reason limit(String message) {
        Matcher limit = LIMIT.matcher(message);
        String code = message.contains("nesting")
                ? "json.nested"
                : message.startsWith("Token count") ? "json.tooMany" : "json.tooLong";
        return Reason.of(code).with("most", limit.matches() ? Long.parseLong(limit.group(1)) : 0);
    }

    private static Reason syntax(JsonProcessingException e) {
        Matcher duplicate = DUPLICATE.matcher(String.valueOf(e.getOriginalMessage()));
        if (duplicate.matches()) {
            return Reason.of("json.twice").with("field", duplicate.group(1));
        }
        JsonLocation at = e.getLocation();
        return at == null
                ? Reason.of("json.unfit")
                : Reason.of("json.syntax").with("line", at.getLineNr()).with("column", at.getColumnNr());
    }

    private static Reason mismatch(MismatchedInputException e) {
        String message = String.valueOf(e.getOriginalMessage());
        if (message.startsWith("Trailing token")) {
            return Reason.of("json.more");
        }
        if (message.startsWith("No content")) {
            return Reason.of("json.nothing");
        }
        Reason wanted = wanted(e.getTargetType());
        Reason given = given(e.getProcessor() instanceof JsonParser parser ? parser.currentToken() : null);
        return wanted == null
                ? Reason.of("json.unfit")
                : given == null
                        ? Reason.of("json.wanted").with("wanted", wanted)
                        : Reason.of("json.otherKind").with("wanted", wanted).with("given", given);
    }

    private static boolean isNumber(@Nullable Class<?> type) {
        return type != null && (type.isPrimitive() || Number.class.isAssignableFrom(type) || type == Boolean.class);
    }

    private static @Nullable Reason wanted(@Nullable Class<?> type) {
        if (type == null) {
            return null;
        }
        if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
            return Reason.of("json.integer");
        }
        if (Number.class.isAssignableFrom(type) || type == double.class || type == float.class) {
            return Reason.of("json.number");
        }
        if (type == boolean.class || type == Boolean.class) {
            return Reason.of("json.flag");
        }
        if (Collection.class.isAssignableFrom(type) || type.isArray()) {
            return Reason.of("json.list");
        }
        boolean text = CharSequence.class.isAssignableFrom(type)
                || type.isEnum()
                || type.getName().startsWith("java.");
        return Reason.of(text && !java.util.Map.class.isAssignableFrom(type) ? "json.text" : "json.object");
    }

    private static @Nullable Reason given(@Nullable JsonToken token) {
        return switch (token) {
            case START_ARRAY, END_ARRAY -> Reason.of("json.list");
            case START_OBJECT, END_OBJECT, FIELD_NAME -> Reason.of("json.object");
            case VALUE_STRING -> Reason.of("json.text");
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> Reason.of("json.number");
            case VALUE_TRUE, VALUE_FALSE -> Reason.of("json.flag");
            case VALUE_NULL -> Reason.of("json.null");
            case null, default -> null;
        };
    }

    private static String names(Class<?> type) {
        return Arrays.stream(type.getFields())
                .filter(java.lang.reflect.Field::isEnumConstant)
                .map(constant -> {
                    var named = constant.getAnnotation(com.fasterxml.jackson.annotation.JsonProperty.class);
                    return named == null ? constant.getName() : named.value();
                })
                .collect(Collectors.joining(", "));
    }

    private static String shown(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }
}
