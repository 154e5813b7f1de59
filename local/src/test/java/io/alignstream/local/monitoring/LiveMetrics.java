package io.alignstream.local.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.contracts.metrics.RunFigure;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What services told while a world went through them, held against the list, the dashboards and the alerts. */
public final class LiveMetrics {

    private static final String OURS = "alignstream_";
    private static final String OF_RUNS = "alignstream_run_";

    private LiveMetrics() {}

    /** Every metric of the list was told by each of its services, with its labels. */
    public static void areToldByTheirServices(Map<Stage, SortedMap<String, Set<String>>> seen) {
        for (Metric metric : Metric.values()) {
            for (Stage stage : metric.reporter().stages()) {
                SortedMap<String, Set<String>> told = seen.getOrDefault(stage, new TreeMap<>());
                for (String series : metric.series()) {
                    assertThat(told).as(stage.service()).containsKey(series);
                    assertThat(told.get(series)).as(series).containsExactly(labels(metric, series));
                }
            }
        }
    }

    private static String labels(Metric metric, String series) {
        Stream<String> more = series.endsWith("_bucket") ? Stream.of("le") : Stream.of();
        return Stream.concat(Stream.concat(Stream.of(Metric.STAGE), metric.labels().stream()), more)
                .sorted()
                .collect(Collectors.joining(","));
    }

    /** Nothing of ours was told that the list does not have, by a service that it does not name, or by other labels. */
    public static void areAllInTheList(Map<Stage, SortedMap<String, Set<String>>> seen) {
        String ofRuns = RunFigure.LABELS.stream().sorted().collect(Collectors.joining(","));
        Set<String> figures =
                Figures.all().values().stream().map(Figures.Figure::metric).collect(Collectors.toSet());
        seen.forEach((stage, told) -> {
            Set<String> listed = Arrays.stream(Metric.values())
                    .filter(metric -> metric.reporter().stages().contains(stage))
                    .flatMap(metric -> metric.series().stream())
                    .collect(Collectors.toCollection(TreeSet::new));
            told.forEach((series, labels) -> {
                if (series.startsWith(OF_RUNS)) {
                    assertThat(figures).as(stage.service()).contains(series);
                    assertThat(labels).as(series).containsExactly(ofRuns);
                } else if (series.startsWith(OURS)) {
                    assertThat(listed).as(stage.service()).contains(series);
                }
            });
        });
    }

    /** All that panels and alerts ask for was told, but for what needs other settings than these services have. */
    public static void haveWhatPanelsAndAlertsAskFor(Map<Stage, SortedMap<String, Set<String>>> seen) {
        Set<String> told = new TreeSet<>(Set.of("up"));
        seen.values().forEach(series -> told.addAll(series.keySet()));
        Boards.all().forEach(board -> board.panels().stream()
                .filter(panel -> panel.only().isEmpty())
                .forEach(panel -> assertThat(told)
                        .as(board.title() + ": " + panel.title())
                        .containsAll(panel.series())));
        assertThat(told).containsAll(AlertsTest.series());
    }
}
