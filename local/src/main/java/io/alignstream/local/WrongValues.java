package io.alignstream.local;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * What is said of a value that an option cannot have: the option, the value, and what it must be. Picocli names Java's types
 * ({@code 'two' is not an int}).
 */
final class WrongValues {

    private static final String WHOLE = "a whole number between %d and %d";
    private static final String NUMBER = "a number, such as 0.5";
    private static final Map<Class<?>, String> KINDS = Map.of(
            int.class,
            WHOLE.formatted(Integer.MIN_VALUE, Integer.MAX_VALUE),
            Integer.class,
            WHOLE.formatted(Integer.MIN_VALUE, Integer.MAX_VALUE),
            long.class,
            WHOLE.formatted(Long.MIN_VALUE, Long.MAX_VALUE),
            Long.class,
            WHOLE.formatted(Long.MIN_VALUE, Long.MAX_VALUE),
            double.class,
            NUMBER,
            Double.class,
            NUMBER,
            Duration.class,
            "a duration as in ISO 8601, such as PT10M for ten minutes");

    private WrongValues() {}

    /** Has {@code commandLine} and its commands say so; all else is said as before. */
    static void install(CommandLine commandLine) {
        IParameterExceptionHandler before = commandLine.getParameterExceptionHandler();
        commandLine.setParameterExceptionHandler(
                (failure, arguments) -> before.handleParseException(inOurWords(failure), arguments));
    }

    private static ParameterException inOurWords(ParameterException failure) {
        ArgSpec argument = failure.getArgSpec();
        String value = failure.getValue();
        if (argument == null || value == null) {
            return failure;
        }
        return kind(argument.auxiliaryTypes()[0])
                .map(kind -> new ParameterException(
                        failure.getCommandLine(),
                        "%s is %s but must be %s.".formatted(name(argument), value, kind),
                        argument,
                        value))
                .orElse(failure);
    }

    private static String name(ArgSpec argument) {
        return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    }

    private static Optional<String> kind(Class<?> type) {
        return type.isEnum()
                ? Optional.of("one of "
                        + Arrays.stream(type.getEnumConstants())
                                .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", ")))
                : Optional.ofNullable(KINDS.get(type));
    }
}
