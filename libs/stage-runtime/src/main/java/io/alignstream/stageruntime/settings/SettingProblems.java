package io.alignstream.stageruntime.settings;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigValidationException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What is wrong with the settings, one line for each that is: its name, its value and what it may be. */
public final class SettingProblems {

    private static final String NAME = "(?:alignstream|[a-z])[\\w.\\-\\[\\]\"]*";

    /** What SmallRye Config says, and the same in our words. */
    private static final Map<Pattern, Function<MatchResult, String>> WORDS = words();

    private static final Pattern FIRST_WORD = Pattern.compile("^\\S+");

    private SettingProblems() {}

    /** The problems that kept a service or a program from starting; empty if it was something else. */
    public static List<String> of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            Optional<List<String>> problems = ofOne(cause);
            if (problems.isPresent()) {
                return problems.get();
            }
        }
        return List.of();
    }

    private static Optional<List<String>> ofOne(@Nullable Throwable cause) {
        if (cause instanceof ConfigValidationException invalid) {
            // A value that cannot be read is also out of its range: what comes first of a setting is the reason.
            SequencedMap<String, String> byName = new LinkedHashMap<>();
            for (int i = 0; i < invalid.getProblemCount(); i++) {
                String problem = inOurWords(invalid.getProblem(i).getMessage());
                Matcher name = FIRST_WORD.matcher(problem);
                byName.putIfAbsent(name.find() ? name.group() : problem, problem);
            }
            return Optional.of(new ArrayList<>(byName.values()));
        }
        if (cause instanceof ConfigurationException unknown) {
            return Optional.of(String.valueOf(unknown.getMessage()).lines().toList());
        }
        return Optional.empty();
    }

    private static String inOurWords(String message) {
        for (Map.Entry<Pattern, Function<MatchResult, String>> words : WORDS.entrySet()) {
            Matcher matcher = words.getKey().matcher(message);
            if (matcher.find()) {
                return words.getValue().apply(matcher.toMatchResult());
            }
        }
        return message;
    }

    private static Map<Pattern, Function<MatchResult, String>> words() {
        Map<Pattern, Function<MatchResult, String>> words = new LinkedHashMap<>();
        words.put(
                Pattern.compile("The config property (" + NAME + ") with the config value \"(.*?)\" threw an Exception"
                        + " whilst being converted (?:SRCFG\\d+: Expected (.+), got|.*)"),
                found -> found.group(1) + " is " + found.group(2) + " but must be "
                        + (found.group(3) == null ? "something else: see its range" : found.group(3)));
        words.put(
                Pattern.compile("The config property (" + NAME + ") is (?:required but|defined as the empty String)"),
                found -> found.group(1) + " is not set but has no default");
        // A contradiction names the settings itself, after the name of the group that it was found in.
        words.put(Pattern.compile("^alignstream[\\w.\\-]* (alignstream\\.[\\w.\\-]+ .*)", Pattern.DOTALL), found -> found.group(1));
        return words;
    }
}
