package io.alignstream.local;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * Help whose lines break between words only. Picocli breaks where a typesetter may, as within {@code s3://BUCKET} or before
 * the dot of {@code .jsonl}; here it lays out lines that are long enough for anything, and they are broken afterwards.
 */
final class HelpText {

    private static final int ENDLESS = 100_000;
    private static final int NARROWEST = 20;
    /** What further lines are indented by: blanks, and an option's names with the blanks behind them. */
    private static final Pattern INDENT = Pattern.compile(" *(?:\\S+(?: \\S+)* {2,})?");

    private static final Pattern STYLE = Pattern.compile("\u001b\\[[0-9;]*m");

    private HelpText() {}

    /** Has {@code commandLine} and its commands break lines so; the synopsis, which has none of such words, stays. */
    static void install(CommandLine commandLine) {
        Map<String, IHelpSectionRenderer> sections = new TreeMap<>(commandLine.getHelpSectionMap());
        sections.replaceAll((name, renderer) ->
                name.equals(UsageMessageSpec.SECTION_KEY_SYNOPSIS) ? renderer : help -> render(renderer, help));
        commandLine.setHelpSectionMap(sections);
    }

    private static String render(IHelpSectionRenderer renderer, Help help) {
        UsageMessageSpec usage = help.commandSpec().usageMessage();
        int width = usage.width();
        boolean automatic = usage.autoWidth();
        try {
            usage.autoWidth(false).width(ENDLESS);
            return wrap(renderer.render(help), width);
        } finally {
            usage.width(width).autoWidth(automatic);
        }
    }

    /** {@code text} in lines of at most {@code width} characters, but for words that are longer. */
    static String wrap(String text, int width) {
        String end = text.endsWith("\n") ? "\n" : "";
        return text.lines().map(line -> wrapLine(line, width)).collect(Collectors.joining("\n", "", end));
    }

    private static String wrapLine(String line, int width) {
        if (shown(line) <= width) {
            return line;
        }
        Matcher matcher = INDENT.matcher(line);
        String beginning = matcher.lookingAt() ? matcher.group() : "";
        int indent = shown(beginning);
        if (width - indent < NARROWEST) {
            return line;
        }
        StringBuilder wrapped = new StringBuilder(beginning);
        int at = indent;
        for (String word : line.substring(beginning.length()).split(" ", -1)) {
            if (at > indent && at + 1 + shown(word) > width) {
                wrapped.append('\n').repeat(" ", indent);
                at = indent;
            } else if (at > indent) {
                wrapped.append(' ');
                at++;
            }
            wrapped.append(word);
            at += shown(word);
        }
        return wrapped.toString();
    }

    /** Characters that are to be seen. */
    private static int shown(String text) {
        return STYLE.matcher(text).replaceAll("").length();
    }
}
