package io.alignstream.languagemodel.tokenizer.jinja;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** What stands behind {@code is}. */
final class Tests {

    private static final Set<String> KNOWN = Set.of(
            "defined",
            "undefined",
            "none",
            "string",
            "mapping",
            "iterable",
            "sequence",
            "number",
            "integer",
            "float",
            "boolean",
            "true",
            "false",
            "callable",
            "odd",
            "even",
            "divisibleby",
            "equalto",
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "in");

    private Tests() {}

    static boolean isKnown(String name) {
        return KNOWN.contains(name);
    }

    static boolean holds(Object value, String name, List<Object> arguments) {
        return switch (name) {
            case "defined" -> value != Absent.UNDEFINED;
            case "undefined" -> value == Absent.UNDEFINED;
            case "none" -> value == Absent.NONE;
            case "string" -> value instanceof MarkedText || value instanceof Safe;
            case "mapping" -> value instanceof Map<?, ?>;
            case "iterable", "sequence" ->
                value instanceof List<?>
                        || value instanceof Map<?, ?>
                        || value instanceof MarkedText
                        || value instanceof Safe
                        || (value instanceof Python.Lazy && name.equals("iterable"))
                        || value == Absent.UNDEFINED;
            case "number" -> Python.isNumber(value);
            case "integer" -> value instanceof Long;
            case "float" -> value instanceof Double;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "callable" -> value instanceof Callable;
            case "odd" -> Math.floorMod(Python.whole(value), 2) == 1;
            case "even" -> Math.floorMod(Python.whole(value), 2) == 0;
            case "divisibleby" -> Python.whole(value) % Python.whole(argument(arguments)) == 0;
            case "equalto", "eq" -> Python.equal(value, argument(arguments));
            case "ne" -> !Python.equal(value, argument(arguments));
            case "lt" -> Python.compare(value, argument(arguments)) < 0;
            case "le" -> Python.compare(value, argument(arguments)) <= 0;
            case "gt" -> Python.compare(value, argument(arguments)) > 0;
            case "ge" -> Python.compare(value, argument(arguments)) >= 0;
            case "in" -> Python.contains(argument(arguments), value);
            default -> throw TemplateException.unsupported("the test " + name);
        };
    }

    private static Object argument(List<Object> arguments) {
        if (arguments.size() != 1) {
            throw TemplateException.refused("a test takes one argument but has " + arguments.size());
        }
        return arguments.getFirst();
    }
}
