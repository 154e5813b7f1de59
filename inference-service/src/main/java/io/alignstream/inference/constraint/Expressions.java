package io.alignstream.inference.constraint;

import io.alignstream.inference.constraint.Expression.Form;
import io.alignstream.inference.constraint.Expression.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes expressions, each once, and their derivatives: what may follow when a byte has come (Brzozowski, Journal of the ACM 11,
 * 1964). Names make them as strong as a grammar without left recursion. What is made and derived is counted, and ends with an
 * {@link UnsupportedSchemaException} before it takes seconds. Not thread-safe.
 */
final class Expressions {

    /** Between two calls of {@link #begin}: at most 50,000 new expressions, less than a second. */
    private static final int MOST_STEPS = 1_000_000;

    private static final int STEPS_TO_CREATE = 20;
    /** Of a choice: each derivative of it costs as much. */
    static final int MOST_WAYS = 512;

    private final Map<Form, Expression> made = new HashMap<>();
    private final Map<String, Expression> named = new HashMap<>();
    /** Names whose first byte is being looked for. */
    private final Set<String> open = new HashSet<>();

    /** Expressions whose derivatives are remembered. */
    private final List<Expression> derived = new ArrayList<>();

    private int count;
    private int left = MOST_STEPS;

    final Expression nothing = make(Kind.NOTHING, List.of(), new BitSet(), 0, 0, "");
    final Expression end = make(Kind.END, List.of(), new BitSet(), 0, 0, "");

    private Expression make(Kind kind, List<Expression> parts, BitSet bytes, int least, int most, String name) {
        return made.computeIfAbsent(new Form(kind, parts, bytes, least, most, name), form -> {
            spend(STEPS_TO_CREATE);
            return new Expression(form, count++);
        });
    }

    /** Something new is asked for, which may cost as much as anything. */
    void begin() {
        left = MOST_STEPS;
    }

    /** @throws UnsupportedSchemaException if that is too much since {@link #begin} */
    void spend(int steps) {
        left -= steps;
        if (left < 0) {
            throw UnsupportedSchemaException.tooLarge();
        }
    }

    /** One byte from {@code first} to {@code last}. */
    Expression range(int first, int last) {
        BitSet bytes = new BitSet();
        bytes.set(first, last + 1);
        return oneOf(bytes);
    }

    /** One byte of {@code bytes}. */
    Expression oneOf(BitSet bytes) {
        return bytes.isEmpty() ? nothing : make(Kind.BYTE, List.of(), bytes, 0, 0, "");
    }

    /** Exactly this text, in UTF-8. */
    Expression text(String text) {
        Expression result = end;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = bytes.length - 1; i >= 0; i--) {
            result = sequence(range(bytes[i] & 0xFF, bytes[i] & 0xFF), result);
        }
        return result;
    }

    /** One after the other. */
    Expression sequence(Expression... parts) {
        Expression result = end;
        for (int i = parts.length - 1; i >= 0; i--) {
            result = before(parts[i], result);
        }
        return result;
    }

    private Expression before(Expression first, Expression second) {
        if (first.isNothing() || second.isNothing()) {
            return nothing;
        }
        Deque<Expression> parts = new ArrayDeque<>();
        Expression last = first;
        while (last.kind() == Kind.SEQUENCE) { // nested to the right, so that equal ones are one
            parts.push(last.form().parts().get(0));
            last = last.form().parts().get(1);
        }
        parts.push(last);
        Expression result = second;
        spend(parts.size());
        for (Expression part : parts) {
            if (result.kind() == Kind.END) {
                result = part;
            } else if (part.kind() != Kind.END) {
                result = make(Kind.SEQUENCE, List.of(part, result), new BitSet(), 0, 0, "");
            }
        }
        return result;
    }

    /**
     * Any of {@code parts}.
     *
     * @throws UnsupportedSchemaException if they are more than {@value #MOST_WAYS} together
     */
    Expression choice(List<Expression> parts) {
        List<Expression> flat = new ArrayList<>();
        for (Expression part : parts) {
            if (part.kind() == Kind.CHOICE) {
                flat.addAll(part.form().parts());
            } else if (!part.isNothing()) {
                flat.add(part);
            }
        }
        spend(flat.size());
        List<Expression> distinct = flat.stream()
                .distinct()
                .sorted(Comparator.comparingInt(Expression::number))
                .toList();
        if (distinct.size() > MOST_WAYS) {
            throw UnsupportedSchemaException.tooLarge();
        }
        return switch (distinct.size()) {
            case 0 -> nothing;
            case 1 -> distinct.getFirst();
            default -> make(Kind.CHOICE, distinct, new BitSet(), 0, 0, "");
        };
    }

    Expression optional(Expression part) {
        return choice(List.of(part, end));
    }

    /** {@code part}, which is not empty, {@code least} to {@code most} times. */
    Expression repeat(Expression part, int least, int most) {
        if (least > most || (part.isNothing() && least > 0)) {
            return nothing;
        }
        if (most == 0 || part.isNothing()) {
            return end;
        }
        return least == 1 && most == 1 ? part : make(Kind.REPEAT, List.of(part), new BitSet(), least, most, "");
    }

    /** How many expressions are remembered. */
    int size() {
        return made.size();
    }

    /** Forgets what was derived; expressions stay what they are, but equal ones may be several from now on. */
    void forget() {
        derived.forEach(Expression::forget);
        derived.clear();
        made.clear();
    }

    /** What stands, or will stand, under {@code name}. */
    Expression reference(String name) {
        return make(Kind.REFERENCE, List.of(), new BitSet(), 0, 0, name);
    }

    /** Puts {@code expression}, which is not empty, under {@code name}. */
    void name(String name, Expression expression) {
        named.put(name, expression);
    }

    /** The names with any byte string: those that need no others first, then those that need only these. */
    Set<String> productive() {
        Set<String> productive = new HashSet<>();
        boolean more = true;
        while (more) {
            more = false;
            Map<Expression, Boolean> known = new HashMap<>();
            for (Map.Entry<String, Expression> entry : named.entrySet()) {
                if (!productive.contains(entry.getKey()) && isProductive(entry.getValue(), productive, known)) {
                    more |= productive.add(entry.getKey());
                }
            }
        }
        return productive;
    }

    private boolean isProductive(Expression expression, Set<String> names, Map<Expression, Boolean> known) {
        Boolean before = known.get(expression);
        if (before != null) {
            return before;
        }
        spend(1);
        Expression last = expression;
        boolean is = true;
        while (is && last.kind() == Kind.SEQUENCE) { // as long as a text may be
            spend(1);
            is = isProductive(last.form().parts().get(0), names, known);
            last = last.form().parts().get(1);
        }
        Form form = last.form();
        is = is
                && switch (form.kind()) {
                    case NOTHING -> false;
                    case END, BYTE, SEQUENCE -> true;
                    case CHOICE -> {
                        boolean any = false;
                        for (int i = 0; i < form.parts().size() && !any; i++) {
                            any = isProductive(form.parts().get(i), names, known);
                        }
                        yield any;
                    }
                    case REPEAT ->
                        form.least() == 0 || isProductive(form.parts().getFirst(), names, known);
                    case REFERENCE -> names.contains(form.name());
                };
        known.put(expression, is);
        return is;
    }

    /**
     * What may follow {@code aByte}.
     *
     * @throws IllegalStateException if a name stands for itself before any byte
     * @throws UnsupportedSchemaException if too much was asked for since {@link #begin}
     */
    Expression after(Expression expression, int aByte) {
        Expression known = expression.known(aByte);
        if (known != null) {
            return known;
        }
        spend(1);
        Expression derivative = derive(expression, aByte);
        if (expression.know(aByte, derivative)) {
            derived.add(expression);
        }
        return derivative;
    }

    /** The first part goes on, or what stands behind those that may be empty: as many as a pattern has. */
    private Expression sequenceAfter(Expression sequence, int aByte) {
        List<Expression> ways = new ArrayList<>();
        Expression rest = sequence;
        boolean reached = true;
        while (reached && rest.kind() == Kind.SEQUENCE) {
            Expression first = rest.form().parts().get(0);
            Expression behind = rest.form().parts().get(1);
            spend(1);
            ways.add(before(after(first, aByte), behind));
            reached = first.mayEnd();
            rest = behind;
        }
        if (reached) {
            ways.add(after(rest, aByte));
        }
        return choice(ways);
    }

    private Expression derive(Expression expression, int aByte) {
        Form form = expression.form();
        List<Expression> parts = form.parts();
        return switch (form.kind()) {
            case NOTHING, END -> nothing;
            case BYTE -> form.bytes().get(aByte) ? end : nothing;
            case SEQUENCE -> sequenceAfter(expression, aByte);
            case CHOICE -> {
                List<Expression> ways = new ArrayList<>(parts.size());
                for (Expression part : parts) { // few frames: references lead from choice to choice
                    ways.add(after(part, aByte));
                }
                yield choice(ways);
            }
            case REPEAT -> {
                int most = form.most() == Expression.UNBOUNDED ? Expression.UNBOUNDED : form.most() - 1;
                yield before(
                        after(parts.getFirst(), aByte), repeat(parts.getFirst(), Math.max(0, form.least() - 1), most));
            }
            case REFERENCE -> {
                if (!open.add(form.name())) {
                    throw new IllegalStateException(form.name() + " stands for itself");
                }
                try {
                    yield after(named.getOrDefault(form.name(), nothing), aByte);
                } finally {
                    open.remove(form.name());
                }
            }
        };
    }
}
