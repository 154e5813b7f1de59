package io.alignstream.inference.constraint;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * The parts of JSON as expressions. One layout of the many that JSON allows: no white space but one blank behind a comma or a
 * colon, if the model likes, so that no answer is lost in blanks. What a schema leaves open is nested {@value #DEEPEST} levels
 * at most, numbers have {@value #DIGITS} digits at most on each side of the point.
 */
final class JsonText {

    private static final int DEEPEST = 6;
    private static final int DIGITS = 15;

    private final Expressions make;
    /** A character of a string, however it is written. */
    private final Expression character;
    /** The same but for escapes: each string has one form. */
    private final Expression plain;

    JsonText(Expressions make) {
        this.make = make;
        Expression tail = make.range(0x80, 0xBF);
        // UTF-8 without overlong forms and surrogates (RFC 3629)
        Expression beyondAscii = make.choice(List.of(
                make.sequence(make.range(0xC2, 0xDF), tail),
                make.sequence(make.range(0xE0, 0xE0), make.range(0xA0, 0xBF), tail),
                make.sequence(make.range(0xE1, 0xEC), tail, tail),
                make.sequence(make.range(0xED, 0xED), make.range(0x80, 0x9F), tail),
                make.sequence(make.range(0xEE, 0xEF), tail, tail),
                make.sequence(make.range(0xF0, 0xF0), make.range(0x90, 0xBF), tail, tail),
                make.sequence(make.range(0xF1, 0xF3), tail, tail, tail),
                make.sequence(make.range(0xF4, 0xF4), make.range(0x80, 0x8F), tail, tail)));
        this.plain = make.choice(List.of(make.oneOf(ascii()), beyondAscii));
        BitSet hex = bytes("0123456789abcdefABCDEF");
        BitSet other = bytes("0123456789abcefABCEF");
        Expression digit = make.oneOf(hex);
        // No surrogates, of which two make one character.
        Expression code = make.choice(List.of(
                make.sequence(make.oneOf(other), digit, digit, digit),
                make.sequence(make.oneOf(bytes("dD")), make.oneOf(bytes("01234567")), digit, digit)));
        Expression escape = make.sequence(
                make.text("\\"),
                make.choice(List.of(make.oneOf(bytes("\"\\/bfnrt")), make.sequence(make.text("u"), code))));
        this.character = make.choice(List.of(plain, escape));
    }

    private static BitSet bytes(String characters) {
        BitSet bytes = new BitSet();
        characters.chars().forEach(bytes::set);
        return bytes;
    }

    /** What may stand in a string as it is. */
    private static BitSet ascii() {
        BitSet bytes = new BitSet();
        bytes.set(0x20, 0x80);
        bytes.clear('"');
        bytes.clear('\\');
        return bytes;
    }

    Expression string(int least, int most) {
        return make.sequence(make.text("\""), make.repeat(character, least, most), make.text("\""));
    }

    Expression integer() {
        Expression digits = make.repeat(make.range('0', '9'), 0, DIGITS - 1);
        return make.sequence(
                make.optional(make.text("-")),
                make.choice(List.of(make.text("0"), make.sequence(make.range('1', '9'), digits))));
    }

    Expression number() {
        Expression digit = make.range('0', '9');
        Expression fraction = make.sequence(make.text("."), make.repeat(digit, 1, DIGITS));
        Expression exponent = make.sequence(
                make.oneOf(bytes("eE")), make.optional(make.oneOf(bytes("+-"))), make.repeat(digit, 1, 2));
        return make.sequence(integer(), make.optional(fraction), make.optional(exponent));
    }

    Expression flag() {
        return make.choice(List.of(make.text("true"), make.text("false")));
    }

    Expression array(Expression item, int least, int most) {
        Expression more = make.repeat(
                make.sequence(comma(), item), Math.max(0, least - 1), most == Expression.UNBOUNDED ? most : most - 1);
        Expression some = most == 0 ? make.nothing : make.sequence(item, more);
        return make.sequence(make.text("["), least == 0 ? make.optional(some) : some, make.text("]"));
    }

    /** A name with its value. */
    Expression member(Expression name, Expression value) {
        return make.sequence(name, make.text(":"), make.optional(make.text(" ")), value);
    }

    Expression comma() {
        return make.sequence(make.text(","), make.optional(make.text(" ")));
    }

    /** Any name that is none of {@code taken}. */
    Expression otherName(Set<String> taken) {
        return make.sequence(make.text("\""), other(List.copyOf(taken)), make.text("\""));
    }

    /** Any characters that are none of {@code taken}, by their first character. */
    private Expression other(List<String> taken) {
        if (taken.isEmpty()) {
            return make.repeat(plain, 0, Expression.UNBOUNDED);
        }
        TreeMap<Integer, List<String>> rests = new TreeMap<>();
        boolean mayEnd = true;
        for (String text : taken) {
            if (text.isEmpty()) {
                mayEnd = false;
            } else {
                int first = text.codePointAt(0);
                rests.computeIfAbsent(first, none -> new ArrayList<>()).add(text.substring(Character.charCount(first)));
            }
        }
        BitSet free = ascii();
        rests.keySet().stream().filter(first -> first < 0x80).forEach(free::clear);
        List<Expression> ways = new ArrayList<>();
        // A name that begins beyond ASCII keeps all of those from being others' beginnings: simple, and no name is lost
        // to text.
        boolean beyond = rests.keySet().stream().anyMatch(first -> first >= 0x80);
        Expression begins = beyond ? make.oneOf(free) : make.choice(List.of(make.oneOf(free), beyondAscii()));
        ways.add(make.sequence(begins, make.repeat(plain, 0, Expression.UNBOUNDED)));
        rests.forEach((first, rest) -> {
            if (first < 0x80) {
                ways.add(make.sequence(make.text(Character.toString(first)), other(rest)));
            }
        });
        if (mayEnd) {
            ways.add(make.end);
        }
        return make.choice(ways);
    }

    /** {@link #plain} without ASCII. */
    private Expression beyondAscii() {
        return make.choice(plain.form().parts().stream()
                .filter(part -> part.kind() != Expression.Kind.BYTE)
                .toList());
    }

    /** Any value. */
    Expression value() {
        Expression value = scalar();
        for (int level = 0; level < DEEPEST; level++) {
            value = make.choice(List.of(scalar(), array(value, 0, Expression.UNBOUNDED), object(value)));
        }
        return value;
    }

    /** Any object. */
    Expression object() {
        Expression value = scalar();
        for (int level = 1; level < DEEPEST; level++) {
            value = make.choice(List.of(scalar(), array(value, 0, Expression.UNBOUNDED), object(value)));
        }
        return object(value);
    }

    /** An object of any names with such values. */
    Expression object(Expression value) {
        Expression member = member(string(0, Expression.UNBOUNDED), value);
        Expression more = make.repeat(make.sequence(comma(), member), 0, Expression.UNBOUNDED);
        return make.sequence(make.text("{"), make.optional(make.sequence(member, more)), make.text("}"));
    }

    private Expression scalar() {
        return make.choice(List.of(string(0, Expression.UNBOUNDED), number(), flag(), make.text("null")));
    }
}
