package io.alignstream.languagemodel.tokenizer.jinja;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What Python makes of values: whether they are true, equal, in order, and what they are as text.
 *
 * <p>A value is {@link Absent}, {@link Boolean}, {@link Long}, {@link Double}, {@link MarkedText}, {@link List} (a
 * {@link Tuple}, perhaps), {@link Map}, {@link Callable},
 * {@link Namespace}, {@link Lazy} or {@link Safe}.
 */
final class Python {

    private Python() {}

    static boolean isTrue(Object value) {
        return switch (value) {
            case Absent absent -> false;
            case Boolean truth -> truth;
            case Long number -> number != 0;
            case Double number -> number != 0;
            case MarkedText text -> !text.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case Safe safe -> !safe.text().isEmpty();
            default -> true;
        };
    }

    static boolean equal(Object left, Object right) {
        if (isNumber(left) && isNumber(right)) {
            return compare(left, right) == 0;
        }
        if (left instanceof List<?> list && right instanceof List<?> other) {
            if (list.size() != other.size() || list instanceof Tuple != other instanceof Tuple) {
                return false;
            }
            for (int i = 0; i < list.size(); i++) {
                if (!equal(list.get(i), other.get(i))) {
                    return false;
                }
            }
            return true;
        }
        if (left instanceof Map<?, ?> map && right instanceof Map<?, ?> other) {
            return map.size() == other.size()
                    && map.entrySet().stream().allMatch(entry -> Optional.<Object>ofNullable(other.get(entry.getKey()))
                            .filter(value -> equal(entry.getValue(), value))
                            .isPresent());
        }
        return left.equals(right);
    }

    /** Below 0 if {@code left} comes before {@code right}. */
    static int compare(Object left, Object right) {
        if (left instanceof MarkedText text && right instanceof MarkedText other) {
            int[] ours = text.value().codePoints().toArray();
            return Arrays.compare(ours, other.value().codePoints().toArray());
        }
        if (isNumber(left) && isNumber(right)) {
            return left instanceof Double || right instanceof Double
                    ? Double.compare(real(left) + 0.0, real(right) + 0.0)
                    : Long.compare(whole(left), whole(right));
        }
        if (left instanceof List<?> list && right instanceof List<?> other) {
            for (int i = 0; i < Math.min(list.size(), other.size()); i++) {
                if (!equal(list.get(i), other.get(i))) {
                    return compare(list.get(i), other.get(i));
                }
            }
            return Integer.compare(list.size(), other.size());
        }
        throw TemplateException.refused(
                "'<' not supported between instances of '" + type(left) + "' and '" + type(right) + "'");
    }

    static boolean contains(Object container, Object value) {
        return switch (container) {
            case MarkedText text
            when value instanceof MarkedText part -> text.value().contains(part.value());
            case List<?> list -> list.stream().anyMatch(element -> equal(element, value));
            case Map<?, ?> map -> map.containsKey(value);
            case Lazy lazy -> contains(lazy.take(), value);
            case Absent absent when absent == Absent.UNDEFINED -> false;
            default -> throw TemplateException.refused("'" + type(value) + "' cannot be in '" + type(container) + "'");
        };
    }

    /** The elements of a list, keys of a dictionary or characters of a text. */
    static List<Object> elements(Object value) {
        return switch (value) {
            case List<?> list -> new ArrayList<>(list);
            case Map<?, ?> map -> new ArrayList<>(map.keySet());
            case Lazy lazy -> new ArrayList<>(lazy.take());
            case MarkedText text -> PythonText.characters(text);
            case Absent absent when absent == Absent.UNDEFINED -> List.of();
            default -> throw TemplateException.refused("'" + type(value) + "' object is not iterable");
        };
    }

    static long length(Object value) {
        return switch (value) {
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case MarkedText text -> PythonText.length(text);
            case Absent absent when absent == Absent.UNDEFINED -> 0;
            default -> throw TemplateException.refused("object of type '" + type(value) + "' has no len()");
        };
    }

    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    static double real(Object value) {
        return value instanceof Double real ? real : whole(value);
    }

    static long whole(Object value) {
        return switch (value) {
            case Long number -> number;
            case Boolean truth -> truth ? 1 : 0;
            default -> throw TemplateException.refused("'" + type(value) + "' is no integer");
        };
    }

    static MarkedText text(Object value) {
        if (value instanceof MarkedText text) {
            return text;
        }
        if (value instanceof Safe) {
            throw TemplateException.unsupported("doing that with a text that is called safe");
        }
        throw TemplateException.refused("'" + type(value) + "' is no text");
    }

    static String type(Object value) {
        return switch (value) {
            case Absent absent -> absent == Absent.NONE ? "NoneType" : "Undefined";
            case Boolean truth -> "bool";
            case Long number -> "int";
            case Double number -> "float";
            case MarkedText text -> "str";
            case Tuple tuple -> "tuple";
            case List<?> list -> "list";
            case Map<?, ?> map -> "dict";
            default -> "object";
        };
    }

    /** Python's {@code str}. */
    static MarkedText asText(Object value) {
        return switch (value) {
            case MarkedText text -> text;
            case Safe safe -> text(safe);
            case Absent absent when absent == Absent.UNDEFINED -> MarkedText.EMPTY;
            default -> {
                MarkedText.Builder out = new MarkedText.Builder();
                represent(value, out);
                yield out.build();
            }
        };
    }

    /** Appends Python's {@code repr}. */
    private static void represent(Object value, MarkedText.Builder out) {
        switch (value) {
            case Absent absent -> out.append(absent == Absent.NONE ? "None" : "Undefined");
            case Boolean truth -> out.append(truth ? "True" : "False");
            case Long number -> out.append(number.toString());
            case Double number -> out.append(real(number.doubleValue()));
            case MarkedText text -> quote(text, out);
            case List<?> list -> {
                boolean tuple = list instanceof Tuple;
                out.append(tuple ? "(" : "[");
                for (int i = 0; i < list.size(); i++) {
                    out.append(i == 0 ? "" : ", ");
                    represent(list.get(i), out);
                }
                out.append(tuple ? list.size() == 1 ? ",)" : ")" : "]");
            }
            case Map<?, ?> map -> {
                out.append("{");
                String between = "";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(between);
                    represent(entry.getKey(), out);
                    out.append(": ");
                    represent(entry.getValue(), out);
                    between = ", ";
                }
                out.append("}");
            }
            default -> throw TemplateException.unsupported("writing an object");
        }
    }

    private static void quote(MarkedText text, MarkedText.Builder out) {
        boolean single = !text.value().contains("'") || text.value().contains("\"");
        String quote = single ? "'" : "\"";
        out.append(quote);
        for (int at = 0; at < text.length(); ) {
            int c = text.value().codePointAt(at);
            int end = at + Character.charCount(c);
            String escaped = escaped(c, single);
            if (escaped.isEmpty()) {
                out.append(text.substring(at, end));
            } else {
                out.append(escaped, text.origins().charAt(at));
            }
            at = end;
        }
        out.append(quote);
    }

    /** What {@code repr} writes instead of a character; empty for the character itself. */
    private static String escaped(int c, boolean single) {
        return switch (c) {
            case '\'' -> single ? "\\'" : "";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> {
                if (isPrintable(c)) {
                    yield "";
                }
                yield c < 0x100
                        ? "\\x%02x".formatted(c)
                        : c < 0x10000 ? "\\u%04x".formatted(c) : "\\U%08x".formatted(c);
            }
        };
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    /** The shortest decimal, as Python writes it. */
    static String real(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
        BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        String digits = decimal.unscaledValue().abs().toString();
        int exponent = digits.length() - decimal.scale() - 1;
        String sign = value < 0 || 1 / value < 0 ? "-" : "";
        if (value != 0 && (exponent < -4 || exponent >= 16)) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            return "%s%c%se%s%02d"
                    .formatted(sign, digits.charAt(0), fraction, exponent < 0 ? "-" : "+", Math.abs(exponent));
        }
        String plain = decimal.abs().toPlainString();
        return sign + plain + (plain.contains(".") ? "" : ".0");
    }

    /** Elements that can be gone through once, as Python's generators; they have no length and are always true. */
    static final class Lazy {

        private List<Object> left;

        Lazy(List<Object> elements) {
            left = elements;
        }

        List<Object> take() {
            List<Object> taken = left;
            left = List.of();
            return taken;
        }
    }
}
