package io.alignstream.local.monitoring;

import io.alignstream.contracts.metrics.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What a dashboard shows in one frame.
 *
 * @param unit Grafana's id, for example {@code s}, {@code bytes}, {@code percentunit}
 * @param kind how it is drawn
 * @param only when its figures are there at all, for people; empty if always
 */
record Panel(String title, String meaning, String unit, Kind kind, String only, List<Query> queries) {

    private static final Pattern NAME = Pattern.compile("\\b(?:alignstream|jvm|process|http_server)_\\w+|\\bup\\b");

    /** How a panel is drawn, and Grafana's name for it. */
    enum Kind {
        CURVES("timeseries"),
        NUMBER("stat"),
        STATES("state-timeline"),
        HEAT("heatmap");

        private final String grafana;

        Kind(String grafana) {
            this.grafana = grafana;
        }

        String grafana() {
            return grafana;
        }
    }

    /** What is asked of Prometheus, and what its curves are called. */
    record Query(String expression, String legend) {}

    Panel {
        if (queries.isEmpty()) {
            throw new IllegalArgumentException("panel " + title + " asks for nothing");
        }
    }

    static Panel curves(String title, String meaning, String unit, Query... queries) {
        return new Panel(title, meaning, unit, Kind.CURVES, "", List.of(queries));
    }

    static Panel number(String title, String meaning, String unit, String expression, String legend) {
        return new Panel(title, meaning, unit, Kind.NUMBER, "", List.of(new Query(expression, legend)));
    }

    /** Figures of runs in one frame, which have the unit of the first. */
    static Panel figures(String selector, String title, String... names) {
        List<Query> queries = new ArrayList<>();
        StringBuilder meaning = new StringBuilder();
        for (String name : names) {
            Figures.Figure figure = Figures.of(name);
            queries.add(new Query(
                    figure.metric() + selector,
                    names.length == 1 ? "{{run}} {{phase}}" : figure.title() + " {{run}} {{phase}}"));
            meaning.append(meaning.isEmpty() ? "" : "\n\n")
                    .append(names.length == 1 ? "" : figure.title() + ": ")
                    .append(figure.meaning());
        }
        return new Panel(title, meaning.toString(), grafana(Figures.of(names[0]).unit()), Kind.CURVES, "", queries);
    }

    private static String grafana(String unit) {
        return switch (unit) {
            case "share" -> "percentunit";
            case "bytes" -> "bytes";
            case "perSecond" -> "suffix:/s";
            default -> "short";
        };
    }

    /** 50th, 95th and 99th percentile of a histogram. */
    static Panel quantiles(Metric metric, String selector, String title, String unit) {
        List<Query> queries = new ArrayList<>();
        for (String share : List.of("0.5", "0.95", "0.99")) {
            queries.add(new Query(
                    "histogram_quantile(%s, sum by (le) (rate(%s_bucket%s[$__rate_interval])))"
                            .formatted(share, metric.id(), selector),
                    "p" + share.substring(2)));
        }
        return new Panel(title, metric.meaning() + ".", unit, Kind.CURVES, "", queries);
    }

    /** The same, but for what its figures need to be there. */
    Panel only(String when) {
        return new Panel(title, meaning, unit, kind, when, queries);
    }

    /** As states over time. */
    Panel as(Kind other) {
        return new Panel(title, meaning, unit, other, only, queries);
    }

    /** Names of the series that it asks for. */
    Set<String> series() {
        Set<String> series = new TreeSet<>();
        queries.forEach(query -> series.addAll(seriesIn(query.expression())));
        return series;
    }

    /** Names of the series in a query. */
    static Set<String> seriesIn(String expression) {
        Set<String> series = new TreeSet<>();
        NAME.matcher(expression.replaceAll("\"[^\"]*\"", "\"\"")).results().forEach(name -> series.add(name.group()));
        return series;
    }
}
