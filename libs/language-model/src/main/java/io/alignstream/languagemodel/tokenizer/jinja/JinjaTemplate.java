package io.alignstream.languagemodel.tokenizer.jinja;

import java.util.List;
import java.util.Map;

/**
 * A template as transformers renders it, read once and rendered any number of times. Immutable, thread-safe.
 *
 * <p>A rendering is bounded: {@value #STEPS} steps and {@value #STEPS_PER_CHAR} more for every char that it is given, some
 * seconds at worst.
 */
public final class JinjaTemplate {

    /** Most characters that a template may have. */
    public static final int MAX_LENGTH = 200_000;

    private static final long STEPS = 3_000_000;
    private static final long STEPS_PER_CHAR = 16;

    private final List<Statement> statements;

    private JinjaTemplate(List<Statement> statements) {
        this.statements = statements;
    }

    /**
     * Reads a template.
     *
     * @throws TemplateException if it has a fault, is too long or needs what this package has not
     */
    public static JinjaTemplate read(String source) {
        if (source.length() > MAX_LENGTH) {
            throw TemplateException.refused(
                    "the template has " + source.length() + " characters, the limit is " + MAX_LENGTH);
        }
        return new JinjaTemplate(Parser.parse(source));
    }

    /**
     * What the template makes of {@code given}: {@link MarkedText}, {@link Boolean}, {@link Long}, {@link Double}, lists
     * and maps of such, and {@link #NONE}.
     *
     * @param chars how long what is given is, all together
     * @throws TemplateException if it refuses that, takes too long or needs what this package has not
     */
    public MarkedText render(Map<String, Object> given, long chars) {
        try {
            return new Interpreter(STEPS + STEPS_PER_CHAR * chars).render(statements, given);
        } catch (ArithmeticException e) {
            throw TemplateException.refused("a number is too large");
        } catch (StackOverflowError e) { // a list in a list in a list: steps do not bound how deep values are
            throw TemplateException.refused("a value has too many levels inside each other");
        }
    }

    /** Python's {@code None}. */
    public static final Object NONE = Absent.NONE;
}
