package io.alignstream.languagemodel.tokenizer.jinja;

import io.alignstream.languagemodel.tokenizer.jinja.Callable.Arguments;
import io.alignstream.languagemodel.tokenizer.jinja.Expression.Passed;
import io.alignstream.languagemodel.tokenizer.jinja.Expression.Relation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Renders a template once.
 *
 * <p>Every step costs, and every text and list according to its length: so time and memory are bounded, equally on every
 * machine.
 */
final class Interpreter {

    private static final int MAX_DEPTH = 400;
    /** Chars that cost as much as a step; an element of a list costs one. */
    private static final int CHARS_OF_A_STEP = 16;

    private long steps;
    private int depth;
    private MarkedText.Builder out = new MarkedText.Builder();

    /** @param steps after which rendering ends with a refusal */
    Interpreter(long steps) {
        this.steps = steps;
    }

    MarkedText render(List<Statement> template, Map<String, Object> given) {
        Scope scope = new Scope(null);
        scope.names.putAll(given);
        execute(template, scope);
        return out.build();
    }

    /** Names in sight: its own, then those of the parent. */
    private static final class Scope {
        private final @Nullable Scope parent;
        private final Map<String, Object> names = new HashMap<>();

        Scope(@Nullable Scope parent) {
            this.parent = parent;
        }

        Object get(String name) {
            for (Scope scope = this; scope != null; scope = scope.parent) {
                Object value = scope.names.get(name);
                if (value != null) {
                    return value;
                }
            }
            Callable function = Functions.ALL.get(name);
            if (function == null && Functions.OTHERS.contains(name)) {
                throw TemplateException.unsupported("the function " + name);
            }
            return function == null ? Absent.UNDEFINED : function;
        }
    }

    /** Where a loop goes on. */
    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private void spend(long cost) {
        steps -= cost;
        if (steps < 0) {
            throw TemplateException.refused("the template takes too many steps");
        }
    }

    private Flow execute(List<Statement> statements, Scope scope) {
        for (Statement statement : statements) {
            spend(1);
            Flow flow = execute(statement, scope);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow execute(Statement statement, Scope scope) {
        if (++depth > MAX_DEPTH) {
            throw TemplateException.refused("more than " + MAX_DEPTH + " levels inside each other");
        }
        try {
            return executeInside(statement, scope);
        } finally {
            depth--;
        }
    }

    private Flow executeInside(Statement statement, Scope scope) {
        switch (statement) {
            case Statement.Literal literal -> out.append(literal.text());
            case Statement.Output output -> {
                Object value = evaluate(output.expression(), scope);
                out.append(written(value));
            }
            case Statement.If branches -> {
                for (Statement.Branch branch : branches.branches()) {
                    if (Python.isTrue(evaluate(branch.condition(), scope))) {
                        return execute(branch.body(), scope);
                    }
                }
                return execute(branches.otherwise(), scope);
            }
            case Statement.For loop -> loop(loop, scope);
            case Statement.Assignment assignment ->
                assign(assignment.names(), evaluate(assignment.value(), scope), scope);
            case Statement.NamespaceAssignment assignment -> {
                if (!(scope.get(assignment.namespace()) instanceof Namespace namespace)) {
                    throw TemplateException.refused("cannot assign attribute on non-namespace object");
                }
                namespace.attributes().put(assignment.name(), evaluate(assignment.value(), scope));
            }
            case Statement.Capture capture -> {
                Object value = written(capture.body(), new Scope(scope));
                for (Expression.Filtered filter : capture.filters()) {
                    value = Filters.apply(value, filter.filter(), arguments(filter.passed(), scope));
                }
                scope.names.put(capture.name(), value);
            }
            case Statement.Macro macro ->
                scope.names.put(macro.name(), (Callable) arguments -> call(macro, arguments, scope));
            case Statement.Scoped scoped -> {
                Scope inner = new Scope(scope);
                scoped.assignments()
                        .forEach(assignment -> assign(assignment.names(), evaluate(assignment.value(), scope), inner));
                return execute(scoped.body(), inner);
            }
            case Statement.Break end -> {
                return Flow.BREAK;
            }
            case Statement.Continue next -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.NEXT;
    }

    private static MarkedText written(Object value) {
        return value instanceof Safe safe ? safe.text() : Python.asText(value);
    }

    private MarkedText written(List<Statement> body, Scope scope) {
        MarkedText.Builder outer = out;
        out = new MarkedText.Builder();
        try {
            execute(body, scope);
            return out.build();
        } finally {
            out = outer;
        }
    }

    private void assign(List<String> names, Object value, Scope scope) {
        if (names.size() == 1) {
            scope.names.put(names.getFirst(), value);
            return;
        }
        List<Object> elements = Python.elements(value);
        if (elements.size() != names.size()) {
            throw TemplateException.refused(elements.size() + " values for " + names.size() + " names");
        }
        for (int i = 0; i < names.size(); i++) {
            scope.names.put(names.get(i), elements.get(i));
        }
    }

    private void loop(Statement.For loop, Scope scope) {
        List<Object> elements = Python.elements(evaluate(loop.elements(), scope));
        if (loop.condition() != null) {
            List<Object> met = new ArrayList<>();
            for (Object element : elements) {
                Scope inner = new Scope(scope);
                assign(loop.names(), element, inner);
                if (Python.isTrue(evaluate(loop.condition(), inner))) {
                    met.add(element);
                }
            }
            elements = met;
        }
        if (elements.isEmpty()) {
            execute(loop.otherwise(), new Scope(scope));
            return;
        }
        for (int i = 0; i < elements.size(); i++) {
            spend(1);
            Scope inner = new Scope(scope);
            inner.names.put("loop", place(elements, i));
            assign(loop.names(), elements.get(i), inner);
            if (execute(loop.body(), inner) == Flow.BREAK) {
                return;
            }
        }
    }

    private static Namespace place(List<Object> elements, int index) {
        int size = elements.size();
        Map<String, Object> attributes = new HashMap<>();
        attributes.put("index", index + 1L);
        attributes.put("index0", (long) index);
        attributes.put("revindex", (long) size - index);
        attributes.put("revindex0", size - index - 1L);
        attributes.put("first", index == 0);
        attributes.put("last", index == size - 1);
        attributes.put("length", (long) size);
        attributes.put("previtem", index == 0 ? Absent.UNDEFINED : elements.get(index - 1));
        attributes.put("nextitem", index == size - 1 ? Absent.UNDEFINED : elements.get(index + 1));
        attributes.put("cycle", (Callable) arguments ->
                arguments.positional().get(index % arguments.positional().size()));
        return new Namespace(attributes);
    }

    private Object call(Statement.Macro macro, Arguments given, Scope defined) {
        Arguments arguments = given.at(macro.parameters().toArray(String[]::new));
        Scope scope = new Scope(defined);
        for (int i = 0; i < macro.parameters().size(); i++) {
            String name = macro.parameters().get(i);
            Expression otherwise = macro.defaults().get(name);
            Object value = arguments.get(i, name, arguments);
            if (value == arguments) {
                value = otherwise == null ? Absent.UNDEFINED : evaluate(otherwise, scope);
            }
            scope.names.put(name, value);
        }
        return written(macro.body(), scope);
    }

    private Object evaluate(Expression expression, Scope scope) {
        if (++depth > MAX_DEPTH) {
            throw TemplateException.refused("more than " + MAX_DEPTH + " levels inside each other");
        }
        try {
            Object value = value(expression, scope);
            spend(1
                    + switch (value) {
                        case MarkedText text -> text.length() / CHARS_OF_A_STEP;
                        case List<?> list -> list.size();
                        default -> 0;
                    });
            return value;
        } finally {
            depth--;
        }
    }

    private Object value(Expression expression, Scope scope) {
        return switch (expression) {
            case Expression.Literal literal -> literal.value();
            case Expression.Name name -> scope.get(name.name());
            case Expression.Sequence sequence -> {
                List<Object> elements = new ArrayList<>();
                sequence.elements().forEach(element -> elements.add(evaluate(element, scope)));
                yield sequence.tuple() ? new Tuple(elements) : elements;
            }
            case Expression.Dictionary dictionary -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                dictionary
                        .entries()
                        .forEach(entry -> map.put(evaluate(entry.getKey(), scope), evaluate(entry.getValue(), scope)));
                yield map;
            }
            case Expression.Not not -> !Python.isTrue(evaluate(not.operand(), scope));
            case Expression.Negative negative -> {
                Object operand = evaluate(negative.operand(), scope);
                yield operand instanceof Double real
                        ? (Object) (-real)
                        : (Object) Math.negateExact(Python.whole(operand));
            }
            case Expression.Arithmetic arithmetic ->
                arithmetic(
                        arithmetic.operator(), evaluate(arithmetic.left(), scope), evaluate(arithmetic.right(), scope));
            case Expression.Concatenation concatenation -> {
                MarkedText.Builder text = new MarkedText.Builder();
                for (Expression operand : concatenation.operands()) {
                    text.append(written(evaluate(operand, scope)));
                }
                yield text.build();
            }
            case Expression.Comparison comparison -> compare(comparison, scope);
            case Expression.And and -> {
                Object left = evaluate(and.left(), scope);
                yield Python.isTrue(left) ? evaluate(and.right(), scope) : left;
            }
            case Expression.Or or -> {
                Object left = evaluate(or.left(), scope);
                yield Python.isTrue(left) ? left : evaluate(or.right(), scope);
            }
            case Expression.Conditional conditional ->
                evaluate(
                        Python.isTrue(evaluate(conditional.condition(), scope)) ? conditional.yes() : conditional.no(),
                        scope);
            case Expression.Attribute attribute -> attribute(evaluate(attribute.target(), scope), attribute.name());
            case Expression.Item item -> item(evaluate(item.target(), scope), evaluate(item.key(), scope));
            case Expression.Slice slice ->
                slice(
                        evaluate(slice.target(), scope),
                        evaluate(slice.start(), scope),
                        evaluate(slice.stop(), scope),
                        evaluate(slice.step(), scope));
            case Expression.Call call -> {
                Object target = evaluate(call.target(), scope);
                Arguments arguments = arguments(call.passed(), scope);
                if (!(target instanceof Callable callable)) {
                    throw TemplateException.refused(name(call.target()) + " is not callable");
                }
                yield callable.call(arguments);
            }
            case Expression.Filtered filtered ->
                Filters.apply(
                        evaluate(filtered.target(), scope), filtered.filter(), arguments(filtered.passed(), scope));
            case Expression.Tested tested -> {
                Object target = evaluate(tested.target(), scope);
                yield Tests.holds(
                        target,
                        tested.test(),
                        tested.arguments().stream()
                                .map(argument -> evaluate(argument, scope))
                                .toList());
            }
        };
    }

    private static String name(Expression expression) {
        return switch (expression) {
            case Expression.Name name -> "'" + name.name() + "'";
            case Expression.Attribute attribute -> "'" + attribute.name() + "'";
            default -> "an expression";
        };
    }

    private Arguments arguments(Passed passed, Scope scope) {
        List<Object> positional = new ArrayList<>();
        passed.positional().forEach(argument -> positional.add(evaluate(argument, scope)));
        Map<String, Object> named = new LinkedHashMap<>();
        passed.named().forEach((name, argument) -> named.put(name, evaluate(argument, scope)));
        return new Arguments(positional, named);
    }

    private static Object arithmetic(Expression.Operator operator, Object left, Object right) {
        if (operator == Expression.Operator.PLUS) {
            if (left instanceof MarkedText text && right instanceof MarkedText other) {
                return text.plus(other);
            }
            if (left instanceof List<?> list
                    && right instanceof List<?> other
                    && list instanceof Tuple == other instanceof Tuple) {
                List<Object> both = new ArrayList<>(list);
                both.addAll(other);
                return list instanceof Tuple ? new Tuple(both) : both;
            }
        }
        if (operator == Expression.Operator.PLUS && (left instanceof Safe || right instanceof Safe)) {
            return Safe.joined(left, right);
        }
        if (operator == Expression.Operator.TIMES) {
            if (left instanceof MarkedText text && right instanceof Long times) {
                return PythonText.repeat(text, times);
            }
            if (left instanceof Long times && right instanceof MarkedText text) {
                return PythonText.repeat(text, times);
            }
        }
        if (!Python.isNumber(left) || !Python.isNumber(right)) {
            if (operator == Expression.Operator.MODULO && left instanceof MarkedText) {
                throw TemplateException.unsupported("formatting with %");
            }
            throw TemplateException.refused("unsupported operand types for " + operator + ": '" + Python.type(left)
                    + "' and '" + Python.type(right) + "'");
        }
        return numbers(operator, left, right);
    }

    private static Object numbers(Expression.Operator operator, Object left, Object right) {
        boolean divides = operator == Expression.Operator.DIVIDE
                || operator == Expression.Operator.FLOOR_DIVIDE
                || operator == Expression.Operator.MODULO;
        if (divides && Python.real(right) == 0) {
            throw TemplateException.refused("division by zero");
        }
        if (left instanceof Double || right instanceof Double || operator == Expression.Operator.DIVIDE) {
            double a = Python.real(left);
            double b = Python.real(right);
            return switch (operator) {
                case PLUS -> a + b;
                case MINUS -> a - b;
                case TIMES -> a * b;
                case DIVIDE -> a / b;
                case FLOOR_DIVIDE, MODULO -> throw TemplateException.unsupported("a remainder of real numbers");
            };
        }
        long a = Python.whole(left);
        long b = Python.whole(right);
        return switch (operator) {
            case PLUS -> Math.addExact(a, b);
            case MINUS -> Math.subtractExact(a, b);
            case TIMES -> Math.multiplyExact(a, b);
            case FLOOR_DIVIDE -> Math.floorDiv(a, b);
            case MODULO -> Math.floorMod(a, b);
            case DIVIDE -> (double) a / b;
        };
    }

    private boolean compare(Expression.Comparison comparison, Scope scope) {
        Object left = evaluate(comparison.first(), scope);
        for (Expression.Comparand other : comparison.others()) {
            Object right = evaluate(other.operand(), scope);
            if (!holds(other.relation(), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private static boolean holds(Relation relation, Object left, Object right) {
        return switch (relation) {
            case EQUAL -> Python.equal(left, right);
            case UNEQUAL -> !Python.equal(left, right);
            case LESS -> Python.compare(left, right) < 0;
            case LESS_OR_EQUAL -> Python.compare(left, right) <= 0;
            case GREATER -> Python.compare(left, right) > 0;
            case GREATER_OR_EQUAL -> Python.compare(left, right) >= 0;
            case IN -> Python.contains(right, left);
            case NOT_IN -> !Python.contains(right, left);
        };
    }

    private static Object attribute(Object target, String name) {
        requireDefined(target, name);
        if (target instanceof Namespace namespace) {
            return namespace.get(name);
        }
        if (Methods.has(target, name)) {
            return method(target, name);
        }
        return target instanceof Map<?, ?> map ? entry(map, MarkedText.template(name)) : Absent.UNDEFINED;
    }

    private static Callable method(Object target, String name) {
        return arguments -> Methods.call(target, name, arguments);
    }

    private static Object entry(Map<?, ?> map, Object key) {
        Object value = map.get(key);
        return value == null ? Absent.UNDEFINED : value;
    }

    /** {@code target[key]}; undefined if there is no such element. */
    static Object item(Object target, Object key) {
        requireDefined(target, key.toString());
        if (target instanceof Map<?, ?> map && map.containsKey(key)) {
            return entry(map, key);
        }
        if (key instanceof MarkedText name) {
            return target instanceof Namespace namespace
                    ? namespace.get(name.value())
                    : Methods.has(target, name.value()) ? method(target, name.value()) : Absent.UNDEFINED;
        }
        if (key instanceof Long index && (target instanceof List<?> || target instanceof MarkedText)) {
            List<Object> elements = Python.elements(target);
            long place = index < 0 ? index + elements.size() : index;
            return place >= 0 && place < elements.size() ? elements.get((int) place) : Absent.UNDEFINED;
        }
        return Absent.UNDEFINED;
    }

    private static void requireDefined(Object target, String name) {
        if (target == Absent.UNDEFINED) {
            throw TemplateException.refused("what has no value has no '" + name + "'");
        }
    }

    private static Object slice(Object target, Object start, Object stop, Object step) {
        if (!(target instanceof List<?>) && !(target instanceof MarkedText)) {
            if (target == Absent.UNDEFINED) {
                throw TemplateException.refused("what has no value cannot be sliced");
            }
            return Absent.UNDEFINED;
        }
        List<Object> elements = Python.elements(target);
        long by = step == Absent.NONE ? 1 : Python.whole(step);
        if (by == 0) {
            throw TemplateException.refused("slice step cannot be zero");
        }
        int size = elements.size();
        long first = by > 0 ? bound(start, 0, 0, size) : bound(start, size - 1, -1, size - 1);
        long end = by > 0 ? bound(stop, size, 0, size) : bound(stop, -1, -1, size - 1);
        List<Object> chosen = new ArrayList<>();
        for (long i = first; by > 0 ? i < end : i > end; i += by) {
            chosen.add(elements.get((int) i));
        }
        if (target instanceof MarkedText) {
            return PythonText.join(
                    MarkedText.EMPTY, chosen.stream().map(Python::text).toList());
        }
        return target instanceof Tuple ? new Tuple(chosen) : chosen;
    }

    /** An end of a slice as an index from {@code least} to {@code most}. */
    private static long bound(Object given, long otherwise, long least, long most) {
        if (given == Absent.NONE) {
            return otherwise;
        }
        long index = Python.whole(given);
        long fromStart = index < 0 ? index + most + (least < 0 ? 1 : 0) : index;
        return Math.max(least, Math.min(most, fromStart));
    }
}
