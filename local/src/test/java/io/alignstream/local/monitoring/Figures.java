package io.alignstream.local.monitoring;

import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.metrics.RunFigure;
import io.alignstream.local.project.Project;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The figures of runs that people can read: those that the catalogues explain and the pages know the unit of. */
final class Figures {

    private static final String UNITS =
            "libs/stage-runtime/src/main/resources/META-INF/resources/alignstream/figures.js";
    private static final String METRIC = "metric.";
    private static final Pattern UNIT = Pattern.compile("'([^']+)': \\['(\\w+)', '\\w+'],");

    private static final Map<String, String> SENTENCES =
            Messages.in(Language.ENGLISH).sentences();
    private static final SortedMap<String, Figure> ALL = read();

    private Figures() {}

    /**
     * A figure.
     *
     * @param name the field's name, for example {@code objective/kl}
     * @param unit its id in the pages, for example {@code nats}; {@code plain} for none
     * @param title what charts are called
     * @param meaning what it says and what is good
     */
    record Figure(String name, String unit, String title, String meaning) {

        String metric() {
            return new RunFigure(name).metric();
        }

        /** For people; empty if it has none. */
        String unitText() {
            return SENTENCES.getOrDefault("unit." + unit, "");
        }
    }

    /** All, by name. */
    static SortedMap<String, Figure> all() {
        return ALL;
    }

    /** The figure {@code name}; it fails where there is none. */
    static Figure of(String name) {
        Figure figure = ALL.get(name);
        if (figure == null) {
            throw new IllegalArgumentException("there is no figure " + name + " in the catalogues");
        }
        return figure;
    }

    private static SortedMap<String, Figure> read() {
        SortedMap<String, Figure> figures = new TreeMap<>();
        Matcher units = UNIT.matcher(Project.text(UNITS));
        while (units.find()) {
            String name = units.group(1);
            String title = SENTENCES.get(METRIC + name);
            String meaning = SENTENCES.get(METRIC + name + ".hint");
            if (title != null && meaning != null) {
                figures.put(name, new Figure(name, units.group(2), title, meaning));
            }
        }
        return figures;
    }
}
