package io.alignstream.languagemodel.tokenizer.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a template does. */
sealed interface Statement {

    record Literal(MarkedText text) implements Statement {}

    record Output(Expression expression) implements Statement {}

    record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

    record Branch(Expression condition, List<Statement> body) {}

    /** {@code condition} chooses the elements that are met; null for all. */
    record For(
            List<String> names,
            Expression elements,
            @Nullable Expression condition,
            List<Statement> body,
            List<Statement> otherwise)
            implements Statement {}

    /** One value for one name, or one element for each of several. */
    record Assignment(List<String> names, Expression value) implements Statement {}

    record NamespaceAssignment(String namespace, String name, Expression value) implements Statement {}

    /** What {@code body} writes becomes the value of {@code name}, after {@code filters}, of which {@code written} is the first's input. */
    record Capture(String name, List<Statement> body, List<Expression.Filtered> filters) implements Statement {}

    /** A parameter without a default is undefined unless it is passed. */
    record Macro(String name, List<String> parameters, Map<String, Expression> defaults, List<Statement> body)
            implements Statement {}

    /** Names that are set in {@code body} end with it. */
    record Scoped(List<Assignment> assignments, List<Statement> body) implements Statement {}

    record Break() implements Statement {}

    record Continue() implements Statement {}
}
