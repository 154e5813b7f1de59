package io.alignstream.stageruntime.settings;

import io.alignstream.contracts.settings.Setting;
import io.alignstream.contracts.settings.SettingsCatalogue;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigValidationException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with the settings, one line for each that is: its name, its value and what it may be.
 *
 * <p>SmallRye Config tells a problem as an English sentence only: the exception behind it is not public, and a
 * configuration that fails cannot be asked. So names and values are read out of its sentences; a test holds each kind.
 */
public final class SettingProblems {

    private static final Pattern UNREADABLE =
            Pattern.compile("The config property (\\S+) with the config value \"(.*?)\" threw an Exception");
    private static final Pattern MISSING =
            Pattern.compile("The config property (\\S+) is (?:required but|defined as the empty String)");
    /** It names the settings itself, after the group that they were found in. */
    private static final Pattern CONTRADICTION = Pattern.compile("^alignstream\\.\\S+ (alignstream\\.\\S+ .*)");

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
            return Optional.of(ofAll(IntStream.range(0, invalid.getProblemCount())
                    .mapToObj(i -> invalid.getProblem(i).getMessage())
                    .toList()));
        }
        if (cause instanceof ConfigurationException unknown) {
            return Optional.of(String.valueOf(unknown.getMessage()).lines().toList());
        }
        return Optional.empty();
    }

    private static List<String> ofAll(List<String> messages) {
        // Whether values go together is a question only where each of them can be.
        boolean contradictions = messages.stream().allMatch(CONTRADICTION.asPredicate());
        // A value that cannot be read is also out of its range: what comes first of a setting is the reason.
        SequencedMap<String, String> byName = new LinkedHashMap<>();
        for (String message : messages) {
            if (contradictions || !CONTRADICTION.matcher(message).find()) {
                String problem = inOurWords(message);
                byName.putIfAbsent(problem.split(" ", 2)[0], problem);
            }
        }
        return List.copyOf(byName.values());
    }

    /** What SmallRye Config says of a value that cannot be read, of one that is missing, and of a whole group. */
    private static String inOurWords(String message) {
        Matcher unreadable = UNREADABLE.matcher(message);
        if (unreadable.find()) {
            return unreadable.group(1) + " is " + unreadable.group(2) + " but must be " + range(unreadable.group(1));
        }
        Matcher missing = MISSING.matcher(message);
        if (missing.find()) {
            return missing.group(1) + " is not set but must be " + range(missing.group(1));
        }
        Matcher contradiction = CONTRADICTION.matcher(message);
        return contradiction.find() ? contradiction.group(1) : message;
    }

    private static String range(String name) {
        return SettingsCatalogue.find(name).map(Setting::range).orElse("something else");
    }
}
