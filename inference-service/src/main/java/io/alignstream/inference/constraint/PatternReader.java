package io.alignstream.inference.constraint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a regular expression as JSON schemas have them (ECMA 262), as what may stand between the quotes of a string: characters,
 * classes, groups, alternatives and repetitions, {@code ^} and {@code $} at the ends. Where an end is open, anything may stand
 * there. Looking around, back references, word boundaries and classes of Unicode are not known here.
 */
final class PatternReader {

    /** More often nothing is repeated. */
    private static final int MOST_TIMES = 10_000;

    private static final int MOST_LEVELS = 50;
    /** Of a pattern: any of them may be what comes next. */
    private static final int MOST_OPTIONAL = Expressions.MOST_WAYS / 2;

    private static final int CLASS = -1;

    /**
     * The strings that match.
     *
     * @param least characters of the shortest
     * @param most of the longest; {@link Expression#UNBOUNDED} if there is none
     * @param each what is repeated, where they are repetitions of one character's choice and nothing else
     */
    record Strings(Expression expression, int least, int most, Optional<Expression> each) {

        private Strings(Expression expression, int least, int most) {
            this(expression, least, most, Optional.empty());
        }
    }

    private final Expressions make;
    private final String pattern;
    private int at;
    private int level;
    /** Parts that may be empty. */
    private int optional;

    private PatternReader(Expressions make, String pattern) {
        this.make = make;
        this.pattern = pattern;
    }

    /** Empty if it is none, or one of those that are not known here. */
    static Optional<Strings> read(Expressions make, String pattern) {
        try {
            PatternReader reader = new PatternReader(make, pattern);
            List<Strings> ways = new ArrayList<>();
            do {
                ways.add(reader.search());
            } while (reader.take('|'));
            reader.require(reader.at == pattern.length());
            return Optional.of(reader.any(ways));
        } catch (UnknownPatternException e) {
            return Optional.empty();
        }
    }

    /** What is not known. */
    private static final class UnknownPatternException extends RuntimeException {

        private static final long serialVersionUID = 1L;
    }

    private void require(boolean condition) {
        if (!condition) {
            throw new UnknownPatternException();
        }
    }

    private boolean take(char expected) {
        boolean there = at < pattern.length() && pattern.charAt(at) == expected;
        at += there ? 1 : 0;
        return there;
    }

    private boolean isAt(String end) {
        return at == pattern.length() || end.indexOf(pattern.charAt(at)) >= 0;
    }

    /** One alternative of all, which may be looked for anywhere in a string. */
    private Strings search() {
        Expression anything =
                make.repeat(new CharacterSet().add(0, CharacterSet.LAST).expression(make), 0, Expression.UNBOUNDED);
        boolean first = take('^');
        Strings found = sequence();
        boolean last = take('$');
        require(isAt("|"));
        return first && last
                ? found
                : new Strings(
                        make.sequence(first ? make.end : anything, found.expression(), last ? make.end : anything),
                        found.least(),
                        Expression.UNBOUNDED);
    }

    private Strings any(List<Strings> ways) {
        return ways.size() == 1
                ? ways.getFirst()
                : new Strings(
                        make.choice(ways.stream().map(Strings::expression).toList()),
                        ways.stream().mapToInt(Strings::least).min().orElseThrow(),
                        ways.stream().mapToInt(Strings::most).max().orElseThrow());
    }

    private Strings sequence() {
        List<Strings> parts = new ArrayList<>();
        while (!isAt("|)$")) {
            parts.add(repeated());
        }
        return parts.size() == 1
                ? parts.getFirst()
                : new Strings(
                        make.sequence(parts.stream().map(Strings::expression).toArray(Expression[]::new)),
                        bounded(parts.stream().mapToLong(Strings::least).sum()),
                        bounded(parts.stream().mapToLong(Strings::most).sum()));
    }

    private static int bounded(long length) {
        return (int) Math.min(length, Expression.UNBOUNDED);
    }

    private Strings repeated() {
        Strings part = atom();
        int least;
        int most;
        if (take('*')) {
            least = 0;
            most = Expression.UNBOUNDED;
        } else if (take('+')) {
            least = 1;
            most = Expression.UNBOUNDED;
        } else if (take('?')) {
            least = 0;
            most = 1;
        } else if (take('{')) {
            least = number();
            most = take(',') ? isAt("}") ? Expression.UNBOUNDED : number() : least;
            require(take('}') && least <= most);
        } else {
            return part;
        }
        take('?'); // as few as possible: the same strings
        require(!isAt("*+{") || at == pattern.length());
        // What may be empty is there often enough at once.
        Expression expression = make.repeat(part.expression(), part.expression().mayEnd() ? 0 : least, most);
        if (expression.mayEnd() && ++optional > MOST_OPTIONAL) {
            throw UnsupportedSchemaException.tooLarge();
        }
        boolean single = part.least() == 1 && part.most() == 1;
        return new Strings(
                expression,
                bounded((long) part.least() * least),
                part.most() == 0 || most == 0 ? 0 : bounded((long) part.most() * most),
                single ? Optional.of(part.expression()) : Optional.empty());
    }

    private int number() {
        int from = at;
        while (at < pattern.length() && pattern.charAt(at) >= '0' && pattern.charAt(at) <= '9') {
            at++;
        }
        require(at > from && at - from <= 5);
        int number = Integer.parseInt(pattern.substring(from, at));
        require(number <= MOST_TIMES);
        return number;
    }

    private Strings atom() {
        if (take('(')) {
            require(++level <= MOST_LEVELS);
            if (take('?')) {
                require(take(':'));
            }
            List<Strings> ways = new ArrayList<>();
            do {
                ways.add(sequence());
            } while (take('|'));
            require(take(')'));
            level--;
            Strings group = any(ways);
            return new Strings(group.expression(), group.least(), group.most());
        }
        require(!isAt("*+?{}^]"));
        CharacterSet set = take('[') ? set() : take('.') ? anyOfLine() : one(false);
        Expression character = set.expression(make);
        return new Strings(character, 1, 1, Optional.of(character));
    }

    private static CharacterSet anyOfLine() {
        return new CharacterSet()
                .add('\n', '\n')
                .add('\r', '\r')
                .add(0x2028, 0x2029)
                .negated();
    }

    private CharacterSet set() {
        boolean others = take('^');
        CharacterSet set = new CharacterSet();
        while (!take(']')) {
            require(at < pattern.length());
            int from = at;
            CharacterSet first = one(others);
            int low = single(from);
            if (at + 1 < pattern.length() && pattern.charAt(at) == '-' && pattern.charAt(at + 1) != ']') {
                at++;
                from = at;
                one(others);
                int high = single(from);
                require(low >= 0 && high >= low);
                set.add(low, high);
            } else {
                set.addAll(first);
            }
        }
        return others ? set.negated() : set;
    }

    /** The one character that is written from {@code from} on; negative if it is a class. */
    private int single(int from) {
        int end = at;
        at = from;
        int character = take('\\') ? escaped() : next();
        at = end;
        return character;
    }

    private int next() {
        require(at < pattern.length());
        int character = pattern.codePointAt(at);
        at += Character.charCount(character);
        return character;
    }

    /** @param others whether what is not in it is meant */
    private CharacterSet one(boolean others) {
        if (!take('\\')) {
            int character = next();
            return new CharacterSet().add(character, character);
        }
        int from = at;
        int character = escaped();
        if (character >= 0) {
            return new CharacterSet().add(character, character);
        }
        char name = pattern.charAt(from);
        boolean opposite = Character.isUpperCase(name);
        CharacterSet set = known(Character.toLowerCase(name), opposite != others);
        return opposite ? set.negated() : set;
    }

    /** Behind a backslash; {@link #CLASS} for the name of several. */
    private int escaped() {
        int character = next();
        return switch (character) {
            case 'd', 'D', 'w', 'W', 's', 'S' -> CLASS;
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'f' -> '\f';
            case 'x' -> hexadecimal(2);
            case 'u' -> hexadecimal(4);
            default -> {
                require(!Character.isLetterOrDigit(character));
                yield character;
            }
        };
    }

    private int hexadecimal(int digits) {
        require(at + digits <= pattern.length());
        String code = pattern.substring(at, at + digits);
        require(code.matches("[0-9A-Fa-f]+"));
        at += digits;
        int character = Integer.parseInt(code, 16);
        require(character < Character.MIN_SURROGATE || character > Character.MAX_SURROGATE);
        return character;
    }

    /**
     * @param widely whether white space is what any dialect takes for it, as what it does not is meant; else what all do
     */
    private static CharacterSet known(int name, boolean widely) {
        CharacterSet set = new CharacterSet();
        switch (name) {
            case 'd' -> set.add('0', '9');
            case 'w' -> set.add('0', '9').add('A', 'Z').add('a', 'z').add('_', '_');
            default -> {
                set.add('\t', '\r').add(' ', ' ');
                if (widely) {
                    set.add(0x85, 0x85)
                            .add(0xA0, 0xA0)
                            .add(0x1680, 0x1680)
                            .add(0x2000, 0x200A)
                            .add(0x2028, 0x2029);
                    set.add(0x202F, 0x202F)
                            .add(0x205F, 0x205F)
                            .add(0x3000, 0x3000)
                            .add(0xFEFF, 0xFEFF);
                }
            }
        }
        return set;
    }
}
