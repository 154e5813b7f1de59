package io.alignstream.languagemodel.tokenizer.jinja;

import io.alignstream.languagemodel.tokenizer.jinja.Expression.Operator;
import io.alignstream.languagemodel.tokenizer.jinja.Expression.Passed;
import io.alignstream.languagemodel.tokenizer.jinja.Expression.Relation;
import io.alignstream.languagemodel.tokenizer.jinja.Lexer.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes statements of tokens; refuses blocks, filters, tests and methods that are not known here. */
final class Parser {

    private static final int MAX_DEPTH = 100;

    private static final Map<String, Relation> RELATIONS = Map.of(
            "==", Relation.EQUAL,
            "!=", Relation.UNEQUAL,
            "<", Relation.LESS,
            "<=", Relation.LESS_OR_EQUAL,
            ">", Relation.GREATER,
            ">=", Relation.GREATER_OR_EQUAL);
    private static final Map<String, Operator> FACTORS =
            Map.of("*", Operator.TIMES, "/", Operator.DIVIDE, "//", Operator.FLOOR_DIVIDE, "%", Operator.MODULO);

    private static final Expression LOOP = new Expression.Name("loop");

    /** Names that cannot be the argument of a test. */
    private static final Set<String> NO_ARGUMENT = Set.of("else", "or", "and", "if", "is", "in", "not");

    private final List<Token> tokens;
    private int next;
    private int depth;

    private Parser(List<Token> tokens) {
        this.tokens = tokens;
    }

    static List<Statement> parse(String template) {
        Parser parser = new Parser(Lexer.tokens(template));
        List<Statement> statements = parser.statements(Set.of());
        if (parser.peek().kind() != Token.Kind.END) {
            throw parser.unexpected();
        }
        return statements;
    }

    // Statements

    /** Up to a block of one of these names, which is not read. */
    private List<Statement> statements(Set<String> ends) {
        enter();
        List<Statement> statements = new ArrayList<>();
        while (peek().kind() != Token.Kind.END) {
            Token token = peek();
            switch (token.kind()) {
                case DATA -> statements.add(new Statement.Literal(MarkedText.template(take().text())));
                case OUTPUT_BEGIN -> {
                    take();
                    statements.add(new Statement.Output(tuple(true)));
                    expect(Token.Kind.OUTPUT_END);
                }
                default -> {
                    if (ends.contains(tokens.get(next + 1).text())) {
                        depth--;
                        return statements;
                    }
                    take();
                    statements.add(statement());
                }
            }
        }
        if (!ends.isEmpty()) {
            throw TemplateException.refused("the template ends before one of " + ends);
        }
        depth--;
        return statements;
    }

    private Statement statement() {
        Token name = expect(Token.Kind.NAME);
        return switch (name.text()) {
            case "if" -> branches();
            case "for" -> loop();
            case "set" -> assignment();
            case "macro" -> macro();
            case "generation" -> {
                expect(Token.Kind.BLOCK_END);
                yield new Statement.Scoped(List.of(), body("endgeneration"));
            }
            case "with" -> scoped();
            case "break" -> {
                expect(Token.Kind.BLOCK_END);
                yield new Statement.Break();
            }
            case "continue" -> {
                expect(Token.Kind.BLOCK_END);
                yield new Statement.Continue();
            }
            default -> {
                if (name.text().startsWith("end") || name.text().startsWith("el")) {
                    throw unexpected(name);
                }
                throw TemplateException.unsupported("the block " + name.text());
            }
        };
    }

    /** The statements up to the block {@code end}, which is read. */
    private List<Statement> body(String end) {
        List<Statement> body = statements(Set.of(end));
        end(end);
        return body;
    }

    private void end(String name) {
        expect(Token.Kind.BLOCK_BEGIN);
        expectName(name);
        expect(Token.Kind.BLOCK_END);
    }

    private Statement branches() {
        List<Statement.Branch> branches = new ArrayList<>();
        while (true) {
            Expression condition = tuple(false);
            expect(Token.Kind.BLOCK_END);
            branches.add(new Statement.Branch(condition, statements(Set.of("elif", "else", "endif"))));
            expect(Token.Kind.BLOCK_BEGIN);
            Token name = expect(Token.Kind.NAME);
            if (!name.text().equals("elif")) {
                expect(Token.Kind.BLOCK_END);
                return new Statement.If(branches, name.text().equals("else") ? body("endif") : List.of());
            }
        }
    }

    private Statement loop() {
        List<String> names = names();
        expectName("in");
        Expression elements = tuple(false);
        Expression condition = takeName("if") ? expression() : null;
        if (isName("recursive")) {
            throw TemplateException.unsupported("a recursive loop");
        }
        expect(Token.Kind.BLOCK_END);
        List<Statement> body = statements(Set.of("else", "endfor"));
        expect(Token.Kind.BLOCK_BEGIN);
        boolean otherwise = expect(Token.Kind.NAME).text().equals("else");
        expect(Token.Kind.BLOCK_END);
        return new Statement.For(names, elements, condition, body, otherwise ? body("endfor") : List.of());
    }

    private List<String> names() {
        boolean parenthesised = takeOperator("(");
        List<String> names = new ArrayList<>();
        do {
            names.add(expect(Token.Kind.NAME).text());
        } while (takeOperator(","));
        if (parenthesised) {
            expectOperator(")");
        }
        return names;
    }

    private Statement assignment() {
        String first = peek().text();
        if (tokens.get(next + 1).is(Token.Kind.OPERATOR, ".")) {
            expect(Token.Kind.NAME);
            expectOperator(".");
            String name = expect(Token.Kind.NAME).text();
            expectOperator("=");
            Expression value = tuple(true);
            expect(Token.Kind.BLOCK_END);
            return new Statement.NamespaceAssignment(first, name, value);
        }
        List<String> names = names();
        if (takeOperator("=")) {
            Expression value = tuple(true);
            expect(Token.Kind.BLOCK_END);
            return new Statement.Assignment(names, value);
        }
        List<Expression.Filtered> filters = new ArrayList<>();
        while (takeOperator("|")) {
            filters.add(filter(new Expression.Literal(Absent.NONE)));
        }
        expect(Token.Kind.BLOCK_END);
        return new Statement.Capture(names.getFirst(), body("endset"), filters);
    }

    private Statement macro() {
        String name = expect(Token.Kind.NAME).text();
        expectOperator("(");
        List<String> parameters = new ArrayList<>();
        Map<String, Expression> defaults = new LinkedHashMap<>();
        while (!takeOperator(")")) {
            if (!parameters.isEmpty()) {
                expectOperator(",");
            }
            String parameter = expect(Token.Kind.NAME).text();
            parameters.add(parameter);
            if (takeOperator("=")) {
                defaults.put(parameter, expression());
            }
        }
        expect(Token.Kind.BLOCK_END);
        return new Statement.Macro(name, parameters, defaults, body("endmacro"));
    }

    private Statement scoped() {
        List<Statement.Assignment> assignments = new ArrayList<>();
        while (peek().kind() != Token.Kind.BLOCK_END) {
            if (!assignments.isEmpty()) {
                expectOperator(",");
            }
            List<String> names = names();
            expectOperator("=");
            assignments.add(new Statement.Assignment(names, expression()));
        }
        take();
        return new Statement.Scoped(assignments, body("endwith"));
    }

    // Expressions, from the loosest to the tightest

    /** One expression, or several with commas between. */
    private Expression tuple(boolean conditional) {
        List<Expression> elements = new ArrayList<>();
        elements.add(conditional ? expression() : or());
        boolean several = false;
        while (takeOperator(",")) {
            several = true;
            if (endsTuple()) {
                break;
            }
            elements.add(conditional ? expression() : or());
        }
        return several ? new Expression.Sequence(elements, true) : elements.getFirst();
    }

    private boolean endsTuple() {
        Token token = peek();
        return token.kind() == Token.Kind.BLOCK_END
                || token.kind() == Token.Kind.OUTPUT_END
                || token.is(Token.Kind.OPERATOR, ")");
    }

    private Expression expression() {
        enter();
        Expression value = or();
        while (takeName("if")) {
            Expression condition = or();
            Expression otherwise = takeName("else") ? expression() : new Expression.Literal(Absent.UNDEFINED);
            value = new Expression.Conditional(condition, value, otherwise);
        }
        depth--;
        return value;
    }

    private Expression or() {
        Expression left = and();
        while (takeName("or")) {
            left = new Expression.Or(left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (takeName("and")) {
            left = new Expression.And(left, not());
        }
        return left;
    }

    private Expression not() {
        if (!takeName("not")) {
            return comparison();
        }
        enter();
        Expression operand = new Expression.Not(not());
        depth--;
        return operand;
    }

    private Expression comparison() {
        Expression first = sum();
        List<Expression.Comparand> others = new ArrayList<>();
        while (true) {
            Relation relation = relation();
            if (relation == null) {
                return others.isEmpty() ? first : new Expression.Comparison(first, others);
            }
            others.add(new Expression.Comparand(relation, sum()));
        }
    }

    private @Nullable Relation relation() {
        Token token = peek();
        if (token.kind() == Token.Kind.OPERATOR && RELATIONS.containsKey(token.text())) {
            return RELATIONS.get(take().text());
        }
        if (takeName("in")) {
            return Relation.IN;
        }
        if (isName("not") && tokens.get(next + 1).is(Token.Kind.NAME, "in")) {
            next += 2;
            return Relation.NOT_IN;
        }
        return null;
    }

    private Expression sum() {
        Expression left = concatenation();
        while (isOperator("+") || isOperator("-")) {
            Operator operator = take().text().equals("+") ? Operator.PLUS : Operator.MINUS;
            left = new Expression.Arithmetic(operator, left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        List<Expression> operands = new ArrayList<>(List.of(product()));
        while (takeOperator("~")) {
            operands.add(product());
        }
        return operands.size() == 1 ? operands.getFirst() : new Expression.Concatenation(operands);
    }

    private Expression product() {
        Expression left = unary(true);
        while (peek().kind() == Token.Kind.OPERATOR && FACTORS.containsKey(peek().text())) {
            Operator operator = Objects.requireNonNull(FACTORS.get(take().text()));
            left = new Expression.Arithmetic(operator, left, unary(true));
        }
        if (isOperator("**")) {
            throw TemplateException.unsupported("the operator **");
        }
        return left;
    }

    private Expression unary(boolean withFilters) {
        enter();
        Expression operand;
        if (takeOperator("-")) {
            operand = new Expression.Negative(unary(false));
        } else if (takeOperator("+")) {
            operand = unary(false);
        } else {
            operand = primary();
        }
        operand = postfix(operand);
        if (withFilters) {
            operand = filtersAndTests(operand);
        }
        depth--;
        return operand;
    }

    private Expression primary() {
        Token token = take();
        return switch (token.kind()) {
            case NAME ->
                switch (token.text()) {
                    case "true", "True" -> new Expression.Literal(true);
                    case "false", "False" -> new Expression.Literal(false);
                    case "none", "None" -> new Expression.Literal(Absent.NONE);
                    default -> new Expression.Name(token.text());
                };
            case STRING -> {
                StringBuilder text = new StringBuilder(token.text());
                while (peek().kind() == Token.Kind.STRING) {
                    text.append(take().text());
                }
                yield new Expression.Literal(MarkedText.template(text.toString()));
            }
            case INTEGER -> new Expression.Literal(integer(token));
            case FLOAT -> new Expression.Literal(real(token));
            case OPERATOR ->
                switch (token.text()) {
                    case "(" -> parenthesised();
                    case "[" -> new Expression.Sequence(list("]"), false);
                    case "{" -> dictionary();
                    default -> throw unexpected(token);
                };
            default -> throw unexpected(token);
        };
    }

    private static Long integer(Token token) {
        try {
            return Long.valueOf(token.text());
        } catch (NumberFormatException e) {
            throw TemplateException.unsupported("the number " + token.text());
        }
    }

    private static Double real(Token token) {
        try {
            return Double.valueOf(token.text());
        } catch (NumberFormatException e) {
            throw unexpected(token);
        }
    }

    private Expression parenthesised() {
        if (takeOperator(")")) {
            return new Expression.Sequence(List.of(), true);
        }
        Expression inside = tuple(true);
        expectOperator(")");
        return inside;
    }

    private List<Expression> list(String end) {
        List<Expression> elements = new ArrayList<>();
        while (!takeOperator(end)) {
            if (!elements.isEmpty()) {
                expectOperator(",");
                if (takeOperator(end)) {
                    break;
                }
            }
            elements.add(expression());
        }
        return elements;
    }

    private Expression dictionary() {
        List<Map.Entry<Expression, Expression>> entries = new ArrayList<>();
        while (!takeOperator("}")) {
            if (!entries.isEmpty()) {
                expectOperator(",");
                if (takeOperator("}")) {
                    break;
                }
            }
            Expression key = expression();
            expectOperator(":");
            entries.add(Map.entry(key, expression()));
        }
        return new Expression.Dictionary(entries);
    }

    private Expression postfix(Expression target) {
        Expression value = target;
        while (true) {
            if (takeOperator(".")) {
                Token name = take();
                value = switch (name.kind()) {
                    case NAME -> attribute(value, name.text());
                    case INTEGER -> new Expression.Item(value, new Expression.Literal(integer(name)));
                    default -> throw unexpected(name);
                };
            } else if (takeOperator("[")) {
                value = subscript(value);
            } else if (takeOperator("(")) {
                value = new Expression.Call(value, passed());
            } else {
                return value;
            }
        }
    }

    private Expression attribute(Expression target, String name) {
        if (isOperator("(") && !Methods.isKnown(name) && !target.equals(LOOP)) {
            throw TemplateException.unsupported("the method " + name);
        }
        return new Expression.Attribute(target, name);
    }

    private Expression subscript(Expression target) {
        Expression none = new Expression.Literal(Absent.NONE);
        Expression start = isOperator(":") ? none : expression();
        if (takeOperator("]")) {
            return new Expression.Item(target, start);
        }
        expectOperator(":");
        Expression stop = isOperator(":") || isOperator("]") ? none : expression();
        Expression step = takeOperator(":") && !isOperator("]") ? expression() : none;
        expectOperator("]");
        return new Expression.Slice(target, start, stop, step);
    }

    /** Behind the opening parenthesis. */
    private Passed passed() {
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!takeOperator(")")) {
            if (!positional.isEmpty() || !named.isEmpty()) {
                expectOperator(",");
                if (takeOperator(")")) {
                    break;
                }
            }
            if (isOperator("*") || isOperator("**")) {
                throw TemplateException.unsupported("passing arguments with *");
            }
            if (peek().kind() == Token.Kind.NAME && tokens.get(next + 1).is(Token.Kind.OPERATOR, "=")) {
                String name = take().text();
                take();
                named.put(name, expression());
            } else {
                positional.add(expression());
            }
        }
        return new Passed(positional, named);
    }

    private Expression filtersAndTests(Expression target) {
        Expression value = target;
        while (true) {
            if (takeOperator("|")) {
                value = filter(value);
            } else if (takeName("is")) {
                value = test(value);
            } else if (isOperator("(")) {
                take();
                value = new Expression.Call(value, passed());
            } else {
                return value;
            }
        }
    }

    private Expression.Filtered filter(Expression target) {
        String name = expect(Token.Kind.NAME).text();
        if (!Filters.isKnown(name)) {
            throw TemplateException.unsupported("the filter " + name);
        }
        return new Expression.Filtered(target, name, takeOperator("(") ? passed() : Passed.NOTHING);
    }

    private Expression test(Expression target) {
        boolean negated = takeName("not");
        String name = expect(Token.Kind.NAME).text();
        if (!Tests.isKnown(name)) {
            throw TemplateException.unsupported("the test " + name);
        }
        List<Expression> arguments = List.of();
        if (takeOperator("(")) {
            arguments = list(")");
        } else if (startsArgument()) {
            arguments = List.of(postfix(primary()));
        }
        Expression test = new Expression.Tested(target, name, arguments);
        return negated ? new Expression.Not(test) : test;
    }

    private boolean startsArgument() {
        Token token = peek();
        return switch (token.kind()) {
            case NAME -> !NO_ARGUMENT.contains(token.text());
            case STRING, INTEGER, FLOAT -> true;
            default -> isOperator("[") || isOperator("{");
        };
    }

    // Tokens

    private Token peek() {
        return tokens.get(next);
    }

    private Token take() {
        Token token = tokens.get(next);
        if (token.kind() != Token.Kind.END) {
            next++;
        }
        return token;
    }

    private boolean isName(String name) {
        return peek().is(Token.Kind.NAME, name);
    }

    private boolean isOperator(String operator) {
        return peek().is(Token.Kind.OPERATOR, operator);
    }

    private boolean takeName(String name) {
        boolean found = isName(name);
        next += found ? 1 : 0;
        return found;
    }

    private boolean takeOperator(String operator) {
        boolean found = isOperator(operator);
        next += found ? 1 : 0;
        return found;
    }

    private Token expect(Token.Kind kind) {
        if (peek().kind() != kind) {
            throw unexpected();
        }
        return take();
    }

    private void expectName(String name) {
        if (!takeName(name)) {
            throw unexpected();
        }
    }

    private void expectOperator(String operator) {
        if (!takeOperator(operator)) {
            throw unexpected();
        }
    }

    private void enter() {
        if (++depth > MAX_DEPTH) {
            throw TemplateException.refused("more than " + MAX_DEPTH + " levels inside each other");
        }
    }

    private TemplateException unexpected() {
        return unexpected(peek());
    }

    private static TemplateException unexpected(Token token) {
        return TemplateException.refused("unexpected "
                + (token.kind() == Token.Kind.END ? "end" : "'" + token.text() + "'") + " at character " + token.at());
    }
}
