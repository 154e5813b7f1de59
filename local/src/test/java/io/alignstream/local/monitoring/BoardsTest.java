package io.alignstream.local.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.local.project.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The dashboards are what {@link Boards} writes, and show what there is. */
class BoardsTest {

    static final String FOLDER = "k8s/components/monitoring/dashboards";

    static List<Board> boards() {
        return Boards.all();
    }

    @ParameterizedTest
    @MethodSource("boards")
    void a_file_has_what_the_code_has(Board board) throws IOException {
        // Given
        String expected = board.json();

        // When
        String file = Written.at(FOLDER + "/" + board.id() + ".json", expected);

        // Then
        assertThat(file).as(Written.HOW).isEqualTo(expected);
    }

    @Test
    void there_is_one_for_each_service_and_one_of_all_and_no_other() throws IOException {
        // Given
        Stream<String> ids = Stream.concat(
                Stream.of("overview"), Arrays.stream(Stage.values()).map(Stage::id));

        // When
        List<String> files;
        try (Stream<Path> all = Files.list(Project.ROOT.resolve(FOLDER))) {
            files = all.map(file -> file.getFileName().toString()).toList();
        }

        // Then
        assertThat(files)
                .containsExactlyInAnyOrderElementsOf(ids.map(id -> id + ".json").toList());
    }

    @ParameterizedTest
    @MethodSource("boards")
    void panels_name_metrics_that_there_are(Board board) {
        // Given
        Set<String> known = known();

        // When
        Set<String> named = new TreeSet<>();
        board.panels().forEach(panel -> named.addAll(panel.series()));

        // Then
        assertThat(named).isNotEmpty();
        assertThat(known).containsAll(named);
    }

    @Test
    void every_metric_is_on_a_board() {
        // Given
        Set<String> shown = new TreeSet<>();

        // When
        boards().forEach(board -> board.panels().forEach(panel -> shown.addAll(panel.series())));

        // Then
        assertThat(Arrays.stream(Metric.values())
                        .filter(metric -> metric.series().stream().noneMatch(shown::contains)))
                .containsExactlyInAnyOrder(
                        Metric.RETRIEVAL_SIZE,
                        Metric.RETRIEVAL_DISPLACED,
                        Metric.RETRIEVAL_CUT,
                        Metric.RETRIEVAL_FAILED,
                        Metric.RETRIEVAL_LOST,
                        Metric.RETRIEVAL_UNREADABLE);
    }

    /** Names of all series of ours and of the libraries'. */
    static Set<String> known() {
        Set<String> known = new TreeSet<>(MetricsTable.OF_LIBRARIES.keySet());
        Arrays.stream(Metric.values()).forEach(metric -> known.addAll(metric.series()));
        Figures.all().values().forEach(figure -> known.add(figure.metric()));
        return known;
    }
}
