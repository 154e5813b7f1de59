package io.alignstream.languagemodel.tokenizer.jinja;

import java.util.List;
import java.util.Map;

/** What has a value. */
sealed interface Expression {

    record Literal(Object value) implements Expression {}

    record Name(String name) implements Expression {}

    record Sequence(List<Expression> elements, boolean tuple) implements Expression {}

    record Dictionary(List<Map.Entry<Expression, Expression>> entries) implements Expression {}

    record Not(Expression operand) implements Expression {}

    record Negative(Expression operand) implements Expression {}

    record Arithmetic(Operator operator, Expression left, Expression right) implements Expression {}

    record Concatenation(List<Expression> operands) implements Expression {}

    /** {@code a < b <= c}: every neighbour compared. */
    record Comparison(Expression first, List<Comparand> others) implements Expression {}

    record Comparand(Relation relation, Expression operand) {}

    record And(Expression left, Expression right) implements Expression {}

    record Or(Expression left, Expression right) implements Expression {}

    record Conditional(Expression condition, Expression yes, Expression no) implements Expression {}

    record Attribute(Expression target, String name) implements Expression {}

    record Item(Expression target, Expression key) implements Expression {}

    /** {@code target[start:stop:step]}; what is left out is {@code none}. */
    record Slice(Expression target, Expression start, Expression stop, Expression step) implements Expression {}

    record Call(Expression target, Passed passed) implements Expression {}

    record Filtered(Expression target, String filter, Passed passed) implements Expression {}

    record Tested(Expression target, String test, List<Expression> arguments) implements Expression {}

    /** What is passed to what is called. */
    record Passed(List<Expression> positional, Map<String, Expression> named) {
        static final Passed NOTHING = new Passed(List.of(), Map.of());
    }

    enum Operator {
        PLUS,
        MINUS,
        TIMES,
        DIVIDE,
        FLOOR_DIVIDE,
        MODULO
    }

    enum Relation {
        EQUAL,
        UNEQUAL,
        LESS,
        LESS_OR_EQUAL,
        GREATER,
        GREATER_OR_EQUAL,
        IN,
        NOT_IN
    }
}
