package io.alignstream.local.project;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** The checks of the manifests find what is wrong with them: each slip that people make fails the one that is to see it. */
class ManifestMutationTest {

    private static final String LOCAL = "io.alignstream.local.";
    private static final String KUBERNETES = LOCAL + "project.KubernetesTest";
    private static final String STRICT = LOCAL + "project.StrictManifestTest";
    private static final String TOPICS = LOCAL + "broker.KafkaTopicManifestTest";
    private static final String USERS = LOCAL + "broker.KafkaUserManifestTest";
    private static final String MONITORING = LOCAL + "monitoring.MonitoringManifestTest";
    private static final String ALERTS = LOCAL + "monitoring.AlertsTest";
    private static final String BOARDS = LOCAL + "monitoring.BoardsTest";
    private static final String KEDA = LOCAL + "monitoring.KedaManifestTest";

    private static final String BASE = "k8s/base/";
    private static final String COMPONENTS = "k8s/components/";

    static Stream<Arguments> slips() {
        return Stream.of(
                slip("a topic with a wrong name", TOPICS, BASE + "topics.yaml", "name: rankings\n", "name: ranking\n"),
                slip(
                        "a topic that forgets",
                        TOPICS,
                        BASE + "topics.yaml",
                        "retention.ms: -1",
                        "retention.ms: 604800000"),
                slip(
                        "a right for another group",
                        USERS,
                        COMPONENTS + "kafka-users/users.yaml",
                        "{type: group, name: sft-service}",
                        "{type: group, name: sft-services}"),
                slip("a wrong port", KUBERNETES, BASE + "service.yaml", "containerPort: 8080", "containerPort: 8081"),
                slip(
                        "brokers at a wrong port",
                        KUBERNETES,
                        BASE + "alignstream.env",
                        "kafka-bootstrap:9092",
                        "kafka-bootstrap:9094"),
                slip("no limit", KUBERNETES, BASE + "rlhf-service.yaml", "limits:\n", "requests-too:\n"),
                slip("root", KUBERNETES, BASE + "service.yaml", "runAsNonRoot: true", "runAsNonRoot: false"),
                slip(
                        "a root that is written to",
                        KUBERNETES,
                        BASE + "service.yaml",
                        "readOnlyRootFilesystem: true",
                        "readOnlyRootFilesystem: false"),
                slip(
                        "a selector that matches nothing",
                        KUBERNETES,
                        BASE + "reward-service.yaml",
                        "  selector:\n    app.kubernetes.io/name: reward-service",
                        "  selector:\n    app.kubernetes.io/name: rewards-service"),
                slip(
                        "a budget for nobody",
                        KUBERNETES,
                        BASE + "disruption-budgets.yaml",
                        "app.kubernetes.io/name: inference-service",
                        "app.kubernetes.io/name: inference"),
                slip("no probe", KUBERNETES, BASE + "service.yaml", "livenessProbe:", "livenessProbed:"),
                slip(
                        "a field that is none",
                        STRICT,
                        BASE + "service.yaml",
                        "terminationGracePeriodSeconds:",
                        "terminationGracePeriod:"),
                slip(
                        "a field of an operator's that is none",
                        MONITORING,
                        COMPONENTS + "monitoring/pod-monitor.yaml",
                        "podMetricsEndpoints:",
                        "podMetricEndpoints:"),
                slip(
                        "a field of Strimzi's that is none",
                        STRICT,
                        BASE + "kafka.yaml",
                        "entityOperator:",
                        "entityOperators:"),
                slip(
                        "a setting that is none",
                        KUBERNETES,
                        BASE + "alignstream.env",
                        "ALIGNSTREAM_SEED=",
                        "ALIGNSTREAM_SEEDS="),
                slip(
                        "a panel without its metric",
                        BOARDS,
                        "k8s/components/monitoring/dashboards/sft.json",
                        "alignstream_job_step",
                        "alignstream_job_steps"),
                slip(
                        "an alert without its metric",
                        ALERTS,
                        COMPONENTS + "monitoring/alerts.yaml",
                        "alignstream_job_progress_timestamp_seconds",
                        "alignstream_job_progress_seconds"),
                slip(
                        "a scale by another group",
                        KEDA,
                        COMPONENTS + "keda/scaled-objects.yaml",
                        "consumerGroup: sft-service",
                        "consumerGroup: sft"),
                slip(
                        "a service that is taken away while it serves",
                        KEDA,
                        COMPONENTS + "keda/scaled-objects.yaml",
                        "minReplicaCount: 1",
                        "minReplicaCount: 0"));
    }

    private static Arguments slip(String name, String check, String path, String right, String wrong) {
        return Arguments.of(name, check, path, right, wrong);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("slips")
    void a_slip_is_found(String name, String check, String path, String right, String wrong) {
        // Given
        String content = Project.text(path);
        String changed = content.replaceFirst(Pattern.quote(right), Matcher.quoteReplacement(wrong));

        // When
        TestExecutionSummary summary = Project.with(path, changed, () -> run(check));

        // Then
        assertThat(changed).as("%s holds %s", path, right).isNotEqualTo(content);
        assertThat(summary.getTestsFailedCount()).as(name).isPositive();
    }

    /** Without a slip there is nothing to find: a check that runs inside of another one does not fail for that. */
    @ParameterizedTest
    @ValueSource(strings = {KUBERNETES, STRICT, TOPICS})
    void what_is_right_passes(String check) {
        // When
        TestExecutionSummary summary = run(check);

        // Then
        assertThat(summary.getFailures()).isEmpty();
        assertThat(summary.getTestsSucceededCount()).isPositive();
    }

    private static TestExecutionSummary run(String check) {
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(List.of(selectClass(check)))
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "false")
                .build();
        LauncherConfig plain = LauncherConfig.builder()
                .enableTestExecutionListenerAutoRegistration(false)
                .enableLauncherSessionListenerAutoRegistration(false)
                .enableLauncherDiscoveryListenerAutoRegistration(false)
                .enablePostDiscoveryFilterAutoRegistration(false)
                .build();
        LauncherFactory.create(plain).execute(request, summary);
        return summary.getSummary();
    }
}
