package io.alignstream.languagemodel.tokenizer.split;

import java.nio.CharBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The pieces of any other regular expression: each match and, unless the file drops it, each stretch between matches is one.
 *
 * <p>Files are written for the Oniguruma engine, where {@code ^} and {@code $} are the ends of lines. Java's takes nearly the
 * same syntax, with Unicode classes switched on and scripts renamed; what it takes but reads otherwise is refused. Slower than
 * the scanners, and as slow as the expression makes it.
 */
public final class RegexSplit implements PreTokenizer {

    /**
     * Hexadecimal digits there and white space here, word characters without and with joiners, brackets that are classes there
     * and sets of letters here, {@code m} for the dot or for lines, a repetition that is possessive only here.
     */
    private static final Pattern READ_OTHERWISE = Pattern.compile("(?<!\\\\)(?:\\\\\\\\)*(?:"
            + "(\\\\[hHwWbBQENOXyYK]|\\\\p\\{\\^?(?:Punct|Graph|Print)})"
            + "|(\\[\\[:\\^?\\w+:])|(\\(\\?[a-z]*-?[a-z]*m[a-z-]*[:)])|(\\{\\d*,?\\d*}\\+))");

    private final Pattern pattern;
    private final boolean onlyMatches;

    /**
     * @param onlyMatches whether text between matches is dropped, as the file says
     * @throws IllegalArgumentException if Java's engine does not understand the expression, or reads it otherwise
     */
    public RegexSplit(String expression, boolean onlyMatches) {
        this.onlyMatches = onlyMatches;
        Matcher otherwise = READ_OTHERWISE.matcher(expression);
        if (otherwise.find()) {
            throw new IllegalArgumentException("the pre-tokenizer's expression is not supported: "
                    + otherwise.group().strip()
                    + " means something else here than in the engine that it was written for");
        }
        try {
            pattern = Pattern.compile(
                    expression.replace("\\p{Han}", "\\p{IsHan}"),
                    Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE | Pattern.UNIX_LINES | Pattern.MULTILINE);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("the pre-tokenizer's expression is not supported: " + e.getMessage(), e);
        }
    }

    @Override
    public void split(char[] text, int start, int end, Pieces pieces) {
        Matcher matcher = pattern.matcher(CharBuffer.wrap(text, start, end - start));
        int at = start;
        while (matcher.find()) {
            int from = start + matcher.start();
            int to = start + matcher.end();
            if (from > at && !onlyMatches) {
                pieces.piece(text, at, from);
            }
            if (to > from) {
                pieces.piece(text, from, to);
            }
            at = Math.max(at, to);
        }
        if (at < end && !onlyMatches) {
            pieces.piece(text, at, end);
        }
    }
}
