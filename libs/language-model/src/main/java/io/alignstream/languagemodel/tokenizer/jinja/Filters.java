package io.alignstream.languagemodel.tokenizer.jinja;

import io.alignstream.languagemodel.tokenizer.jinja.Callable.Arguments;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** What stands behind {@code |}. */
final class Filters {

    private static final Set<String> KNOWN = Set.of(
            "trim",
            "length",
            "count",
            "upper",
            "lower",
            "capitalize",
            "string",
            "safe",
            "join",
            "replace",
            "default",
            "d",
            "first",
            "last",
            "list",
            "int",
            "float",
            "tojson",
            "items",
            "dictsort",
            "map",
            "select",
            "reject",
            "selectattr",
            "rejectattr",
            "sort",
            "reverse",
            "unique",
            "indent",
            "abs",
            "title",
            "min",
            "max");

    private Filters() {}

    static boolean isKnown(String name) {
        return KNOWN.contains(name);
    }

    static Object apply(Object value, String name, Arguments arguments) {
        return switch (name) {
            case "trim" -> {
                Object characters = arguments.at("chars").get(0, "chars", Absent.NONE);
                yield Methods.call(Python.asText(value), "strip", new Arguments(List.of(characters), Map.of()));
            }
            case "length", "count" -> Python.length(value);
            case "upper" -> PythonText.upper(Python.asText(value));
            case "lower" -> PythonText.lower(Python.asText(value));
            case "capitalize" -> PythonText.capitalised(Python.asText(value));
            case "title" -> title(Python.asText(value));
            case "string" -> value instanceof Safe ? value : Python.asText(value);
            case "safe" -> new Safe(Python.asText(value));
            case "join" -> join(value, arguments);
            case "replace" ->
                PythonText.replace(
                        Python.asText(value),
                        Python.asText(arguments.at("old", "new", "count").require(0, "old"))
                                .value(),
                        Python.asText(arguments.require(1, "new")),
                        arguments.get(2, "count", Absent.NONE) == Absent.NONE
                                ? -1
                                : Python.whole(arguments.get(2, "count", -1L)));
            case "default", "d" -> {
                boolean falseToo =
                        Python.isTrue(arguments.at("default_value", "boolean").get(1, "boolean", false));
                yield value == Absent.UNDEFINED || (falseToo && !Python.isTrue(value))
                        ? arguments.get(0, "default_value", MarkedText.EMPTY)
                        : value;
            }
            case "first" -> end(Python.elements(value), true);
            case "last" -> end(Python.elements(value), false);
            case "list" -> Python.elements(value);
            case "int" -> whole(value, arguments);
            case "float" -> real(value, arguments);
            case "tojson" -> json(value, arguments);
            case "items" -> {
                if (value == Absent.UNDEFINED) {
                    yield new Python.Lazy(List.of());
                }
                if (!(value instanceof Map<?, ?> map)) {
                    throw TemplateException.refused("Can only get item pairs from a mapping.");
                }
                yield new Python.Lazy(Methods.items(map));
            }
            case "dictsort" -> dictionarySorted(value, arguments);
            case "map" -> map(value, arguments);
            case "select" -> chosen(value, arguments, true);
            case "reject" -> chosen(value, arguments, false);
            case "selectattr" -> chosenByAttribute(value, arguments, true);
            case "rejectattr" -> chosenByAttribute(value, arguments, false);
            case "sort" -> sorted(value, arguments);
            case "reverse" -> {
                arguments.at();
                if (value instanceof MarkedText) {
                    throw TemplateException.unsupported("reversing a text");
                }
                yield new Python.Lazy(Python.elements(value).reversed());
            }
            case "unique" -> unique(value, arguments);
            case "indent" -> indented(Python.text(value), arguments);
            case "min" -> extreme(value, arguments, 1);
            case "max" -> extreme(value, arguments, -1);
            case "abs" ->
                value instanceof Double number ? (Object) Math.abs(number) : (Object) Math.abs(Python.whole(value));
            default -> throw TemplateException.unsupported("the filter " + name);
        };
    }

    private static MarkedText title(MarkedText text) {
        MarkedText.Builder out = new MarkedText.Builder();
        boolean begins = true;
        for (Object character : PythonText.characters(text)) {
            MarkedText each = (MarkedText) character;
            int c = each.value().codePointAt(0);
            out.append(begins ? PythonText.upper(each) : PythonText.lower(each));
            begins = PythonText.isSpace(c) || "-({[<".indexOf(c) >= 0;
        }
        return out.build();
    }

    private static Object join(Object value, Arguments arguments) {
        Object attribute = arguments.at("d", "attribute").get(1, "attribute", Absent.NONE);
        List<MarkedText> parts = Python.elements(value).stream()
                .map(element -> attribute == Absent.NONE ? element : attribute(element, attribute))
                .map(Python::asText)
                .toList();
        return PythonText.join(Python.asText(arguments.get(0, "d", MarkedText.EMPTY)), parts);
    }

    private static Object attribute(Object element, Object path) {
        Object value = element;
        if (path instanceof Long index) {
            return Interpreter.item(value, index);
        }
        for (String name : Python.text(path).value().split("\\.", -1)) {
            value = Interpreter.item(value, MarkedText.template(name));
        }
        return value;
    }

    private static Object end(List<Object> elements, boolean first) {
        return elements.isEmpty() ? Absent.UNDEFINED : first ? elements.getFirst() : elements.getLast();
    }

    /** The first of the smallest elements where {@code sign} is 1, of the greatest where it is -1. */
    private static Object extreme(Object value, Arguments arguments, int sign) {
        arguments.at();
        return Python.elements(value).stream()
                .reduce((best, other) -> sign * Python.compare(folded(other), folded(best)) < 0 ? other : best)
                .orElse(Absent.UNDEFINED);
    }

    private static Object whole(Object value, Arguments arguments) {
        Object otherwise = arguments.at("default").get(0, "default", 0L);
        return switch (value) {
            case Double number when !number.isNaN() && !number.isInfinite() -> (long) number.doubleValue();
            case Long number -> number;
            case Boolean truth -> Python.whole(truth);
            case MarkedText text -> {
                String digits = text.value().strip();
                if (digits.matches("[+-]?[0-9]{1,18}")) {
                    yield Long.parseLong(digits);
                }
                if (digits.matches("[+-]?[0-9]{1,15}\\.[0-9]+")) {
                    yield (long) Double.parseDouble(digits);
                }
                if (digits.chars().noneMatch(c -> Character.isDigit(c) || c > '~')) {
                    yield otherwise;
                }
                throw TemplateException.unsupported("reading this number");
            }
            default -> otherwise;
        };
    }

    private static Object real(Object value, Arguments arguments) {
        Object otherwise = arguments.at("default").get(0, "default", 0.0);
        return switch (value) {
            case Double number -> number;
            case Long number -> (double) number;
            case Boolean truth -> Python.real(truth);
            case MarkedText text -> {
                String digits = text.value().strip();
                if (digits.matches("[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
                    yield Double.parseDouble(digits);
                }
                if (digits.chars().noneMatch(c -> Character.isDigit(c) || c > '~')) {
                    yield otherwise;
                }
                throw TemplateException.unsupported("reading this number");
            }
            default -> otherwise;
        };
    }

    private static Object json(Object value, Arguments arguments) {
        boolean ascii = Python.isTrue(arguments
                .at("ensure_ascii", "indent", "separators", "sort_keys")
                .get(0, "ensure_ascii", false));
        Object indent = arguments.get(1, "indent", Absent.NONE);
        int blanks = indent == Absent.NONE ? -1 : Math.toIntExact(Math.min(64, Math.max(0, Python.whole(indent))));
        Object separators = arguments.get(2, "separators", Absent.NONE);
        String item = blanks < 0 ? ", " : ",";
        String key = ": ";
        if (separators != Absent.NONE) {
            List<Object> both = Python.elements(separators);
            item = Python.text(both.get(0)).value();
            key = Python.text(both.get(1)).value();
        }
        boolean sorted = Python.isTrue(arguments.get(3, "sort_keys", false));
        return new Json(ascii, blanks, item, key, sorted).write(value);
    }

    private static Object folded(Object value) {
        return value instanceof MarkedText text ? PythonText.lower(text) : value;
    }

    private static Object dictionarySorted(Object value, Arguments arguments) {
        arguments.at();
        if (!(value instanceof Map<?, ?> map)) {
            throw TemplateException.refused("'" + Python.type(value) + "' is no dictionary");
        }
        List<Object> items = Methods.items(map);
        items.sort(Comparator.comparing(item -> folded(((Tuple) item).get(0)), Python::compare));
        return items;
    }

    private static Object sorted(Object value, Arguments arguments) {
        Object attribute =
                arguments.at("reverse", "case_sensitive", "attribute").get(2, "attribute", Absent.NONE);
        boolean exact = Python.isTrue(arguments.get(1, "case_sensitive", false));
        Comparator<Object> order = Comparator.comparing(
                element -> {
                    Object key = attribute == Absent.NONE ? element : attribute(element, attribute);
                    return exact ? key : folded(key);
                },
                Python::compare);
        List<Object> elements = Python.elements(value);
        elements.sort(Python.isTrue(arguments.get(0, "reverse", false)) ? order.reversed() : order);
        return elements;
    }

    private static Object unique(Object value, Arguments arguments) {
        arguments.at();
        List<Object> unique = new ArrayList<>();
        for (Object element : Python.elements(value)) {
            if (unique.stream().noneMatch(other -> Python.equal(folded(other), folded(element)))) {
                unique.add(element);
            }
        }
        return new Python.Lazy(unique);
    }

    private static Object map(Object value, Arguments arguments) {
        List<Object> given = Python.isTrue(value) ? Python.elements(value) : List.of();
        if (arguments.positional().isEmpty()) {
            Object attribute = arguments.at("attribute", "default").require(0, "attribute");
            Object otherwise = arguments.get(1, "default", Absent.UNDEFINED);
            return new Python.Lazy(given.stream()
                    .map(element -> attribute(element, attribute))
                    .map(found -> found == Absent.UNDEFINED ? otherwise : found)
                    .toList());
        }
        String filter = Python.text(arguments.positional().getFirst()).value();
        if (!isKnown(filter)) {
            throw TemplateException.unsupported("the filter " + filter);
        }
        Arguments others = new Arguments(
                arguments.positional().subList(1, arguments.positional().size()), arguments.named());
        return new Python.Lazy(
                given.stream().map(element -> apply(element, filter, others)).toList());
    }

    private static Object chosen(Object value, Arguments arguments, boolean wanted) {
        return chosen(value, element -> passes(element, arguments.positional()) == wanted);
    }

    private static Object chosenByAttribute(Object value, Arguments arguments, boolean wanted) {
        Object attribute = arguments.require(0, "attribute");
        List<Object> test =
                arguments.positional().subList(1, arguments.positional().size());
        return chosen(value, element -> passes(attribute(element, attribute), test) == wanted);
    }

    /** Of what is false nothing is chosen, whatever it is. */
    private static Object chosen(Object value, Predicate<Object> wanted) {
        List<Object> given = Python.isTrue(value) ? Python.elements(value) : List.of();
        return new Python.Lazy(given.stream().filter(wanted).toList());
    }

    /** Whether a value passes the test with its arguments, or is true where there is no test. */
    private static boolean passes(Object value, List<Object> test) {
        if (test.isEmpty()) {
            return Python.isTrue(value);
        }
        String name = Python.text(test.getFirst()).value();
        name = name.equals("==") ? "eq" : name.equals("!=") ? "ne" : name;
        if (!Tests.isKnown(name)) {
            throw TemplateException.unsupported("the test " + name);
        }
        return Tests.holds(value, name, test.subList(1, test.size()));
    }

    private static Object indented(MarkedText text, Arguments arguments) {
        Object width = arguments.at("width", "first", "blank").get(0, "width", 4L);
        MarkedText indent = width instanceof MarkedText given
                ? given
                : PythonText.repeat(MarkedText.template(" "), Python.whole(width));
        boolean blank = Python.isTrue(arguments.get(2, "blank", false));
        List<Object> lines = PythonText.lines(text.plus(MarkedText.template("\n")));
        MarkedText.Builder out = new MarkedText.Builder();
        out.append(Python.isTrue(arguments.get(1, "first", false)) ? indent : MarkedText.EMPTY);
        for (int i = 0; i < lines.size(); i++) {
            MarkedText line = (MarkedText) lines.get(i);
            out.append(i == 0 ? "" : "\n");
            out.append(i > 0 && (blank || !line.isEmpty()) ? indent : MarkedText.EMPTY);
            out.append(line);
        }
        return out.build();
    }
}
