package io.alignstream.training.testing;

import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The names under which people read a run's figures, and what is said of them. */
public final class FigureNames {

    private FigureNames() {}

    /**
     * Which names and explanations are missing, as {@code LANGUAGE: CODE}.
     *
     * @param told what a run told of its steps
     * @param stored what stands in its finished checkpoint
     */
    public static List<String> missing(Recorder told, Map<String, Double> stored) {
        List<String> figures = Stream.concat(told.figures().stream(), Stream.of(stored))
                .flatMap(some -> some.keySet().stream())
                .distinct()
                .sorted()
                .toList();
        return Arrays.stream(Language.values())
                .flatMap(language -> figures.stream()
                        .flatMap(figure -> Stream.of("metric." + figure, "metric." + figure + ".hint"))
                        .filter(code -> !Messages.in(language).sentences().containsKey(code))
                        .map(code -> language + ": " + code))
                .toList();
    }
}
