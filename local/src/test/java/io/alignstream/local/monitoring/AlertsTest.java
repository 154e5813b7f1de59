package io.alignstream.local.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.alignstream.local.project.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alerts name metrics that there are, each has a runbook, and promtool has seen each of them fire. */
class AlertsTest {

    private static final String FOLDER = "k8s/components/monitoring/";
    private static final String RUNBOOKS = "docs/runbooks";
    private static final Set<String> SEVERITIES = Set.of("critical", "warning", "info");

    private final JsonNode spec =
            Project.yaml(FOLDER + "alerts.yaml").getFirst().at("/spec");
    private final List<JsonNode> alerts = alerts();

    private List<JsonNode> alerts() {
        List<JsonNode> all = new ArrayList<>();
        spec.at("/groups").forEach(group -> group.at("/rules").forEach(all::add));
        return all;
    }

    /** Names of the series that alerts ask for. */
    static Set<String> series() {
        Set<String> series = new TreeSet<>();
        new AlertsTest()
                .alerts.forEach(
                        alert -> series.addAll(Panel.seriesIn(alert.at("/expr").asText())));
        return series;
    }

    private List<String> names() {
        return alerts.stream().map(alert -> alert.at("/alert").asText()).toList();
    }

    @Test
    void alerts_name_metrics_that_there_are() {
        // Given
        Set<String> known = BoardsTest.known();

        // When
        Set<String> named = series();

        // Then
        assertThat(named).hasSizeGreaterThan(10);
        assertThat(known).containsAll(named);
    }

    @Test
    void each_has_a_runbook_and_each_runbook_an_alert() throws IOException {
        // Given
        List<String> names = names();

        // When
        List<String> runbooks;
        try (Stream<Path> files = Files.list(Project.ROOT.resolve(RUNBOOKS))) {
            runbooks = files.map(file -> file.getFileName().toString())
                    .filter(file -> !file.equals("README.md"))
                    .toList();
        }

        // Then
        assertThat(names).doesNotHaveDuplicates();
        assertThat(runbooks)
                .containsExactlyInAnyOrderElementsOf(
                        names.stream().map(name -> name + ".md").toList());
        String index = Project.text(RUNBOOKS + "/README.md");
        assertThat(names).allMatch(name -> index.contains("[" + name + "](" + name + ".md)"));
        assertThat(alerts).allSatisfy(alert -> {
            String name = alert.at("/alert").asText();
            String severity = alert.at("/labels/severity").asText();
            assertThat(SEVERITIES).as(name).contains(severity);
            assertThat(alert.at("/annotations/runbook").asText()).isEqualTo(RUNBOOKS + "/" + name + ".md");
            assertThat(Project.text(RUNBOOKS + "/" + name + ".md"))
                    .contains("# " + name, "Severity: " + severity + ".", "## What to look at", "## What to do");
        });
    }

    @Test
    void each_is_tested_to_fire_and_most_to_be_silent_before() {
        // Given
        JsonNode tests = Project.yaml(FOLDER + "alerts-test.yaml").getFirst().at("/tests");

        // When
        Set<String> firing = new TreeSet<>();
        tests.forEach(test -> test.at("/alert_rule_test").forEach(one -> {
            if (!one.at("/exp_alerts").isEmpty()) {
                firing.add(one.at("/alertname").asText());
            }
        }));

        // Then
        assertThat(firing).containsExactlyInAnyOrderElementsOf(names());
    }

    /** Debian's package prometheus has promtool; .ci/run fetches it where it is missing. */
    @Test
    void promtool_sees_what_the_tests_say(@TempDir Path folder) throws Exception {
        // Given
        Optional<Promtool> promtool = Promtool.onThePath();
        assumeThat(promtool)
                .as("NOT CHECKED: the alerts' rules were not run, since there is no promtool on the path"
                        + " (apt-get install prometheus)")
                .isPresent();
        new YAMLMapper().writeValue(folder.resolve("rules.yaml").toFile(), spec);
        Files.copy(Project.ROOT.resolve(FOLDER + "alerts-test.yaml"), folder.resolve("alerts-test.yaml"));

        // When
        String failures = promtool.orElseThrow().test(folder.resolve("alerts-test.yaml"));

        // Then
        assertThat(failures).isEmpty();
    }
}
