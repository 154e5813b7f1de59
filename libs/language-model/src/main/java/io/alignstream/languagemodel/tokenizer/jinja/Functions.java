package io.alignstream.languagemodel.tokenizer.jinja;

import io.alignstream.languagemodel.tokenizer.jinja.Callable.Arguments;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What every template can call. */
final class Functions {

    /** The day that Llama's templates fall back to: were it the true one, a conversation would have other tokens every day. */
    private static final LocalDateTime TODAY = LocalDate.of(2024, 7, 26).atStartOfDay();

    private static final Map<Character, String> PARTS_OF_DATES = Map.ofEntries(
            Map.entry('d', "dd"),
            Map.entry('m', "MM"),
            Map.entry('Y', "yyyy"),
            Map.entry('y', "yy"),
            Map.entry('B', "MMMM"),
            Map.entry('b', "MMM"),
            Map.entry('A', "EEEE"),
            Map.entry('a', "EEE"),
            Map.entry('H', "HH"),
            Map.entry('I', "hh"),
            Map.entry('M', "mm"),
            Map.entry('S', "ss"),
            Map.entry('p', "a"),
            Map.entry('j', "DDD"));

    private static final int LONGEST_RANGE = 100_000;

    static final Map<String, Callable> ALL = Map.of(
            "raise_exception",
            arguments -> {
                throw TemplateException.refused(
                        Python.asText(arguments.at("message").require(0, "message"))
                                .value());
            },
            "strftime_now",
            arguments -> date(
                    Python.text(arguments.at("format").require(0, "format")).value()),
            "namespace",
            Functions::namespace,
            "dict",
            Functions::dictionary,
            "range",
            Functions::range);

    /** Names that Jinja knows and this package does not. */
    static final List<String> OTHERS = List.of("cycler", "joiner", "lipsum");

    private Functions() {}

    private static Object date(String format) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%') {
                text.append(c);
                continue;
            }
            char part = ++i < format.length() ? format.charAt(i) : '%';
            String pattern = PARTS_OF_DATES.get(part);
            if (part == '%') {
                text.append('%');
            } else if (pattern == null) {
                throw TemplateException.unsupported("%" + part + " in a date");
            } else {
                text.append(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(TODAY));
            }
        }
        return MarkedText.template(text.toString());
    }

    private static Object namespace(Arguments arguments) {
        Map<String, Object> attributes = new HashMap<>();
        for (Object given : arguments.positional()) {
            if (!(given instanceof Map<?, ?> map)) {
                throw TemplateException.refused("a namespace is made of a dictionary");
            }
            map.forEach((key, value) -> attributes.put(Python.text(key).value(), value));
        }
        attributes.putAll(arguments.named());
        return Namespace.of(attributes);
    }

    private static Object dictionary(Arguments arguments) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (Object given : arguments.positional()) {
            if (!(given instanceof Map<?, ?> other)) {
                throw TemplateException.unsupported("making a dictionary of that");
            }
            map.putAll(other);
        }
        arguments.named().forEach((name, value) -> map.put(MarkedText.template(name), value));
        return map;
    }

    private static Object range(Arguments arguments) {
        List<Object> given = arguments.at("start", "stop", "step").positional();
        if (given.isEmpty()) {
            throw TemplateException.refused("range expected at least 1 argument, got 0");
        }
        long start = given.size() < 2 ? 0 : Python.whole(given.get(0));
        long stop = Python.whole(given.get(given.size() < 2 ? 0 : 1));
        long step = given.size() < 3 ? 1 : Python.whole(given.get(2));
        if (step == 0) {
            throw TemplateException.refused("range() arg 3 must not be zero");
        }
        List<Object> numbers = new ArrayList<>();
        for (long number = start; step > 0 ? number < stop : number > stop; number = Math.addExact(number, step)) {
            if (numbers.size() >= LONGEST_RANGE) {
                throw TemplateException.refused("Range too big");
            }
            numbers.add(number);
        }
        return numbers;
    }
}
