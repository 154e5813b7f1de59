package io.alignstream.languagemodel.tokenizer.jinja;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Python's {@code json.dumps}.
 *
 * @param indent blanks for each level, below 0 for none and one line
 * @param item what stands between elements
 * @param key what stands behind a key
 */
record Json(boolean ascii, int indent, String item, String key, boolean sorted) {

    MarkedText write(Object value) {
        MarkedText.Builder out = new MarkedText.Builder();
        write(value, out, 0);
        return out.build();
    }

    private void write(Object value, MarkedText.Builder out, int level) {
        switch (value) {
            case Absent absent when absent == Absent.NONE -> out.append("null");
            case Boolean truth -> out.append(truth.toString());
            case Long number -> out.append(number.toString());
            case Double number -> out.append(real(number));
            case MarkedText text -> string(text, out);
            case List<?> list -> {
                Iterator<?> elements = list.iterator();
                out.append("[");
                while (elements.hasNext()) {
                    line(out, level + 1);
                    write(elements.next(), out, level + 1);
                    out.append(elements.hasNext() ? item : "");
                }
                close(out, list.isEmpty(), level, "]");
            }
            case Map<?, ?> map -> {
                Iterator<? extends Map.Entry<?, ?>> entries =
                        (sorted ? sorted(map) : map).entrySet().iterator();
                out.append("{");
                while (entries.hasNext()) {
                    Map.Entry<?, ?> entry = entries.next();
                    line(out, level + 1);
                    string(Python.text(entry.getKey()), out);
                    out.append(key);
                    write(entry.getValue(), out, level + 1);
                    out.append(entries.hasNext() ? item : "");
                }
                close(out, map.isEmpty(), level, "}");
            }
            default ->
                throw TemplateException.refused("Object of type " + Python.type(value) + " is not JSON serializable");
        }
    }

    private static Map<?, ?> sorted(Map<?, ?> map) {
        Map<Object, Object> sorted = new TreeMap<>(Python::compare);
        sorted.putAll(map);
        return sorted;
    }

    private static String real(double number) {
        return Double.isNaN(number)
                ? "NaN"
                : Double.isInfinite(number) ? (number > 0 ? "Infinity" : "-Infinity") : Python.real(number);
    }

    private void line(MarkedText.Builder out, int level) {
        if (indent >= 0) {
            out.append("\n" + " ".repeat(indent * level));
        }
    }

    private void close(MarkedText.Builder out, boolean empty, int level, String bracket) {
        if (!empty) {
            line(out, level);
        }
        out.append(bracket);
    }

    private void string(MarkedText text, MarkedText.Builder out) {
        out.append("\"");
        int begin = 0;
        for (int at = 0; at < text.length(); at++) {
            char c = text.value().charAt(at);
            String escaped = escaped(c);
            if (!escaped.isEmpty()) {
                out.append(text.substring(begin, at))
                        .append(escaped, text.origins().charAt(at));
                begin = at + 1;
            }
        }
        out.append(text.substring(begin, text.length())).append("\"");
    }

    private String escaped(char c) {
        return switch (c) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            case '\f' -> "\\f";
            case '\b' -> "\\b";
            default -> c < ' ' || (ascii && c > '~') ? "\\u%04x".formatted((int) c) : "";
        };
    }
}
