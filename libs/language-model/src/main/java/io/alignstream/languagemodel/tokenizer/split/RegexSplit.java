package io.alignstream.languagemodel.tokenizer.split;

import java.nio.CharBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The pieces of any other regular expression: each match and each stretch between matches is one.
 *
 * <p>Files are written for the Oniguruma engine; Java's takes the same syntax, with Unicode classes switched on and
 * scripts renamed. Slower than the scanners, and as slow as the expression makes it.
 */
public final class RegexSplit implements PreTokenizer {

    private final Pattern pattern;

    /** @throws IllegalArgumentException if Java's engine does not understand the expression */
    public RegexSplit(String expression) {
        try {
            pattern = Pattern.compile(
                    expression.replace("\\p{Han}", "\\p{IsHan}"),
                    Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE | Pattern.UNIX_LINES);
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
            if (from > at) {
                pieces.piece(text, at, from);
            }
            if (to > from) {
                pieces.piece(text, from, to);
            }
            at = Math.max(at, to);
        }
        if (at < end) {
            pieces.piece(text, at, end);
        }
    }
}
