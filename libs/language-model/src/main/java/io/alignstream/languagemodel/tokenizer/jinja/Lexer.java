package io.alignstream.languagemodel.tokenizer.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template into tokens, with the settings of transformers: {@code trim_blocks} (the line break behind a block
 * belongs to it) and {@code lstrip_blocks} (so do the blanks before it on its line).
 */
final class Lexer {

    /**
     * A token of a template.
     *
     * @param text content of data and strings, else as it is written
     * @param at where it begins in the template
     */
    record Token(Kind kind, String text, int at) {

        enum Kind {
            DATA,
            OUTPUT_BEGIN,
            OUTPUT_END,
            BLOCK_BEGIN,
            BLOCK_END,
            NAME,
            STRING,
            INTEGER,
            FLOAT,
            OPERATOR,
            END
        }

        boolean is(Kind other, String content) {
            return kind == other && text.equals(content);
        }
    }

    private static final List<String> OPERATORS = List.of(
            "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{",
            "}", ".", ",", ":", "|");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    /** Whether what was read last ends with a line break, or nothing was read. */
    private boolean atLineStart = true;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        if (source.endsWith("\n")) {
            source = source.substring(0, source.length() - 1);
        }
        Lexer lexer = new Lexer(source);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        while (at < source.length()) {
            int opening = nextOpening();
            if (opening < 0) {
                data(source.substring(at));
                at = source.length();
                break;
            }
            char kind = source.charAt(opening + 1);
            char sign = opening + 2 < source.length() ? source.charAt(opening + 2) : ' ';
            data(before(opening, kind, sign));
            at = opening + (sign == '-' || sign == '+' ? 3 : 2);
            switch (kind) {
                case '#' -> comment();
                case '{' -> inside(Token.Kind.OUTPUT_BEGIN, Token.Kind.OUTPUT_END, "}}");
                default -> inside(Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END, "%}");
            }
            atLineStart = source.charAt(at - 1) == '\n';
        }
        add(Token.Kind.END, "", at);
    }

    private int nextOpening() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            if ("{%#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private String before(int opening, char kind, char sign) {
        String text = source.substring(at, opening);
        if (sign == '-') {
            return text.substring(0, PythonText.rightTrimmed(text, PythonText::isSpace));
        }
        if (sign != '+' && kind != '{') {
            int line = text.lastIndexOf('\n') + 1;
            boolean wholeLine = line > 0 || atLineStart;
            if (wholeLine && text.substring(line).chars().allMatch(PythonText::isSpace)) {
                return text.substring(0, line);
            }
        }
        return text;
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            add(Token.Kind.DATA, text, at);
        }
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw TemplateException.refused("a comment has no end");
        }
        int sign = end > at ? source.charAt(end - 1) : ' ';
        at = end + 2;
        afterBlock((char) sign);
    }

    /** Behind a block or comment that ends with {@code sign}. */
    private void afterBlock(char sign) {
        if (sign == '-') {
            skipSpace();
        } else if (sign != '+' && at < source.length() && source.charAt(at) == '\n') {
            at++;
        }
    }

    private void skipSpace() {
        while (at < source.length() && PythonText.isSpace(source.charAt(at))) {
            at++;
        }
    }

    private void inside(Token.Kind begin, Token.Kind end, String closing) {
        add(begin, closing, at);
        Deque<Character> open = new ArrayDeque<>();
        while (true) {
            skipSpace();
            if (at >= source.length()) {
                throw TemplateException.refused("a block has no end");
            }
            if (open.isEmpty() && closes(closing)) {
                char sign = source.charAt(at);
                boolean signed = sign == '-' || sign == '+';
                add(end, closing, at);
                at += signed ? 3 : 2;
                if (begin == Token.Kind.BLOCK_BEGIN) {
                    afterBlock(sign);
                } else if (sign == '-') {
                    skipSpace();
                }
                return;
            }
            token(open);
        }
    }

    private boolean closes(String closing) {
        char sign = source.charAt(at);
        boolean signed = sign == '-' || (sign == '+' && closing.equals("%}"));
        return source.startsWith(closing, signed ? at + 1 : at);
    }

    private void token(Deque<Character> open) {
        char first = source.charAt(at);
        if (first == '\'' || first == '"') {
            string(first);
        } else if (isDigit(first)) {
            number();
        } else if (Character.isUnicodeIdentifierStart(first) || first == '_') {
            int begin = at;
            while (at < source.length()
                    && (Character.isUnicodeIdentifierPart(source.charAt(at)) || source.charAt(at) == '_')) {
                at++;
            }
            add(Token.Kind.NAME, source.substring(begin, at), begin);
        } else {
            operator(open);
        }
    }

    private void operator(Deque<Character> open) {
        String operator = OPERATORS.stream()
                .filter(candidate -> source.startsWith(candidate, at))
                .findFirst()
                .orElseThrow(() -> TemplateException.refused("unexpected character '" + source.charAt(at) + "'"));
        char first = operator.charAt(0);
        if ("([{".indexOf(first) >= 0) {
            open.push(first);
        } else if (")]}".indexOf(first) >= 0) {
            if (open.isEmpty() || "([{".indexOf(open.pop()) != ")]}".indexOf(first)) {
                throw TemplateException.refused("unexpected '" + operator + "'");
            }
        }
        add(Token.Kind.OPERATOR, operator, at);
        at += operator.length();
    }

    private void number() {
        int begin = at;
        digits();
        boolean real = false;
        boolean attribute = begin > 0 && source.charAt(begin - 1) == '.';
        if (!attribute && at + 1 < source.length() && source.charAt(at) == '.' && isDigit(source.charAt(at + 1))) {
            at++;
            digits();
            real = true;
        }
        if (!attribute && at < source.length() && (source.charAt(at) == 'e' || source.charAt(at) == 'E')) {
            at++;
            at += at < source.length() && (source.charAt(at) == '+' || source.charAt(at) == '-') ? 1 : 0;
            digits();
            real = true;
        }
        if (at < source.length() && "_xXoObB".indexOf(source.charAt(at)) >= 0) {
            throw TemplateException.unsupported("the number " + source.substring(begin, at + 1) + "…");
        }
        add(real ? Token.Kind.FLOAT : Token.Kind.INTEGER, source.substring(begin, at), begin);
    }

    private void digits() {
        while (at < source.length() && isDigit(source.charAt(at))) {
            at++;
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private void string(char quote) {
        int begin = at++;
        StringBuilder content = new StringBuilder();
        while (at < source.length() && source.charAt(at) != quote) {
            char c = source.charAt(at++);
            if (c == '\\' && at < source.length()) {
                escape(content);
            } else {
                content.append(c);
            }
        }
        if (at >= source.length()) {
            throw TemplateException.refused("a string has no end");
        }
        at++;
        add(Token.Kind.STRING, content.toString(), begin);
    }

    private void escape(StringBuilder content) {
        char c = source.charAt(at++);
        switch (c) {
            case '\n' -> {}
            case '\\', '\'', '"' -> content.append(c);
            case 'n' -> content.append('\n');
            case 't' -> content.append('\t');
            case 'r' -> content.append('\r');
            case 'f' -> content.append('\f');
            case 'b' -> content.append('\b');
            case 'v' -> content.append('\u000b');
            case 'a' -> content.append('\u0007');
            case 'x' -> content.appendCodePoint(hexadecimal(2));
            case 'u' -> content.appendCodePoint(hexadecimal(4));
            case 'U' -> content.appendCodePoint(hexadecimal(8));
            default -> {
                if (isDigit(c) || c == 'N') {
                    throw TemplateException.unsupported("the escape \\" + c);
                }
                content.append('\\').append(c); // as Python keeps what it does not know
            }
        }
    }

    private int hexadecimal(int digits) {
        int end = at + digits;
        try {
            int value = Integer.parseInt(source, at, Math.min(end, source.length()), 16);
            at = end;
            Character.toChars(value);
            return value;
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw TemplateException.refused("an escape has not " + digits + " hexadecimal digits");
        }
    }

    private void add(Token.Kind kind, String text, int where) {
        tokens.add(new Token(kind, text, where));
    }
}
