package io.alignstream.languagemodel.tokenizer.jinja;

import io.alignstream.languagemodel.tokenizer.jinja.Callable.Arguments;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/** Methods of texts, lists and dictionaries that change nothing. */
final class Methods {

    private static final Set<String> OF_TEXT = Set.of(
            "strip",
            "lstrip",
            "rstrip",
            "split",
            "rsplit",
            "splitlines",
            "startswith",
            "endswith",
            "replace",
            "upper",
            "lower",
            "capitalize",
            "join",
            "find",
            "rfind",
            "count",
            "isspace",
            "removeprefix",
            "removesuffix");
    private static final Set<String> OF_MAP = Set.of("get", "items", "keys", "values");
    private static final Set<String> OF_LIST = Set.of("index", "count");
    /** Methods that Python has and this class has not. */
    private static final Set<String> OTHERS = Set.of(
            "copy",
            "format",
            "index",
            "encode",
            "partition",
            "rpartition",
            "zfill",
            "center",
            "ljust",
            "rjust",
            "isalpha",
            "isdigit",
            "title",
            "isalnum",
            "isupper",
            "islower",
            "istitle",
            "isnumeric",
            "isdecimal",
            "swapcase",
            "casefold",
            "translate",
            "expandtabs",
            "fromkeys");
    /** Methods that change their object: transformers' sandbox refuses them, too. */
    private static final Set<String> CHANGING = Set.of(
            "append",
            "clear",
            "pop",
            "popitem",
            "reverse",
            "insert",
            "sort",
            "extend",
            "remove",
            "setdefault",
            "update");

    private Methods() {}

    static boolean isKnown(String name) {
        return OF_TEXT.contains(name) || OF_MAP.contains(name) || OF_LIST.contains(name) || CHANGING.contains(name);
    }

    /** Whether a value has a method of this name, in Python. */
    static boolean has(Object target, String name) {
        boolean known =
                switch (target) {
                    case MarkedText text -> OF_TEXT.contains(name);
                    case Map<?, ?> map -> OF_MAP.contains(name);
                    case List<?> list -> OF_LIST.contains(name);
                    default -> false;
                };
        if (!known && OTHERS.contains(name) && hasMethods(target)) {
            throw TemplateException.unsupported("the method " + name + " of " + Python.type(target));
        }
        if (CHANGING.contains(name) && (target instanceof List<?> || target instanceof Map<?, ?>)) {
            throw TemplateException.refused(
                    "access to attribute '" + name + "' of '" + Python.type(target) + "' object is unsafe");
        }
        return known;
    }

    private static boolean hasMethods(Object target) {
        return target instanceof MarkedText || target instanceof Map<?, ?> || target instanceof List<?>;
    }

    static Object call(Object target, String name, Arguments arguments) {
        return switch (target) {
            case MarkedText text -> ofText(text, name, arguments);
            case Map<?, ?> map -> ofMap(map, name, arguments);
            default -> ofList((List<?>) target, name, arguments);
        };
    }

    private static Object ofMap(Map<?, ?> map, String name, Arguments arguments) {
        return switch (name) {
            case "get" -> {
                Object key = arguments.at("key", "default").require(0, "key");
                yield map.containsKey(key) ? map.get(key) : arguments.get(1, "default", Absent.NONE);
            }
            case "items" -> items(map);
            case "keys" -> new ArrayList<Object>(map.keySet());
            default -> new ArrayList<Object>(map.values());
        };
    }

    static List<Object> items(Map<?, ?> map) {
        List<Object> items = new ArrayList<>();
        map.forEach((key, value) -> items.add(Tuple.of(key, value)));
        return items;
    }

    private static Object ofList(List<?> list, String name, Arguments arguments) {
        Object value = arguments.at("value").require(0, "value");
        if (name.equals("count")) {
            return list.stream().filter(element -> Python.equal(element, value)).count();
        }
        for (int i = 0; i < list.size(); i++) {
            if (Python.equal(list.get(i), value)) {
                return (long) i;
            }
        }
        throw TemplateException.refused("the value is not in the list");
    }

    private static Object ofText(MarkedText text, String name, Arguments arguments) {
        return switch (name) {
            case "strip" -> PythonText.strip(text, dropped(arguments), true, true);
            case "lstrip" -> PythonText.strip(text, dropped(arguments), true, false);
            case "rstrip" -> PythonText.strip(text, dropped(arguments), false, true);
            case "split" -> split(text, arguments, false);
            case "rsplit" -> split(text, arguments, true);
            case "splitlines" -> {
                arguments.at();
                yield PythonText.lines(text);
            }
            case "startswith" ->
                affixes(arguments).stream().anyMatch(affix -> text.value().startsWith(affix));
            case "endswith" ->
                affixes(arguments).stream().anyMatch(affix -> text.value().endsWith(affix));
            case "replace" ->
                PythonText.replace(
                        text,
                        Python.text(arguments.at("old", "new", "count").require(0, "old"))
                                .value(),
                        Python.text(arguments.require(1, "new")),
                        Python.whole(arguments.get(2, "count", -1L)));
            case "upper" -> PythonText.upper(text);
            case "lower" -> PythonText.lower(text);
            case "capitalize" -> PythonText.capitalised(text);
            case "join" ->
                PythonText.join(
                        text,
                        Python.elements(arguments.at("iterable").require(0, "iterable")).stream()
                                .map(Python::text)
                                .toList());
            case "find" -> place(text, text.value().indexOf(first(arguments)));
            case "rfind" -> place(text, text.value().lastIndexOf(first(arguments)));
            case "count" ->
                (long) PythonText.split(text, first(arguments), Long.MAX_VALUE).size() - 1;
            case "isspace" -> !text.isEmpty() && text.value().chars().allMatch(PythonText::isSpace);
            case "removeprefix" -> {
                String prefix = first(arguments);
                yield text.value().startsWith(prefix) ? text.substring(prefix.length(), text.length()) : text;
            }
            case "removesuffix" -> {
                String suffix = first(arguments);
                yield !suffix.isEmpty() && text.value().endsWith(suffix)
                        ? text.substring(0, text.length() - suffix.length())
                        : text;
            }
            default -> throw TemplateException.unsupported("the method " + name);
        };
    }

    private static String first(Arguments arguments) {
        return Python.text(arguments.at("text").require(0, "text")).value();
    }

    private static Object place(MarkedText text, int at) {
        return at < 0 ? -1L : (long) text.value().codePointCount(0, at);
    }

    private static IntPredicate dropped(Arguments arguments) {
        Object characters = arguments.at("chars").get(0, "chars", Absent.NONE);
        if (characters == Absent.NONE) {
            return PythonText::isSpace;
        }
        String drop = Python.text(characters).value();
        if (drop.chars().anyMatch(c -> Character.isSurrogate((char) c))) {
            throw TemplateException.unsupported("stripping characters beyond the basic plane");
        }
        return c -> drop.indexOf(c) >= 0;
    }

    private static Object split(MarkedText text, Arguments arguments, boolean fromRight) {
        Object separator = arguments.at("sep", "maxsplit").get(0, "sep", Absent.NONE);
        long most = Python.whole(arguments.get(1, "maxsplit", -1L));
        if (separator == Absent.NONE) {
            if (most >= 0) {
                throw TemplateException.unsupported("splitting at white space with a limit");
            }
            return PythonText.split(text);
        }
        String at = Python.text(separator).value();
        long limit = most < 0 ? Long.MAX_VALUE : most;
        return fromRight ? PythonText.splitFromRight(text, at, limit) : PythonText.split(text, at, limit);
    }

    private static List<String> affixes(Arguments arguments) {
        Object affix = arguments.at("affix").require(0, "affix");
        List<Object> all = affix instanceof Tuple tuple ? tuple : List.of(affix);
        return all.stream().map(each -> Python.text(each).value()).toList();
    }
}
