package io.alignstream.local.project;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaFieldAccess;
import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.ShadowAnswer;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.access.AuditEntry;
import io.alignstream.contracts.access.EndedSession;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.incident.Incident;
import io.alignstream.contracts.judgement.Guideline;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.local.CommandNames;
import io.alignstream.local.site.Site;
import java.lang.reflect.Field;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** README.md and docs/ speak of the topics, keys, ports, commands, paths and classes that the project has. */
class DocumentationTest {

    private static final String README = "README.md";
    private static final String ARCHITECTURE = "docs/architecture.md";
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)[^)]*\\)");
    private static final String SHA256 = "0123456789abcdef".repeat(4);

    @Test
    void the_topic_table_names_every_topic_with_its_key_and_retention() {
        // Given
        Map<String, List<String>> documented = Project.table(README, "topic", "key", "payload", "kept").stream()
                .collect(
                        Collectors.toMap(row -> bare(row.getFirst()), row -> List.of(bare(row.get(1)), row.getLast())));

        // When
        Map<String, List<String>> code = Topic.ALL.stream()
                .collect(Collectors.toMap(
                        Topic::name, topic -> List.of(key(topic, documented.get(topic.name())), kept(topic))));

        // Then
        assertThat(documented).isEqualTo(code);
    }

    @Test
    void the_port_table_names_every_service() {
        // Given
        Map<String, String> documented = Project.table(README, "service", "port").stream()
                .collect(Collectors.toMap(List::getFirst, row -> row.get(1)));

        // When
        Map<String, String> code = Arrays.stream(Stage.values())
                .collect(Collectors.toMap(
                        Stage::service, stage -> Integer.toString(Site.DEFAULT_PORT_BASE + stage.portOffset())));

        // Then
        assertThat(documented).isEqualTo(code);
    }

    @Test
    void every_command_is_documented_and_exists() {
        // Given
        Set<String> code = CommandNames.all();

        // When
        Set<String> table = Project.table(README, "command").stream()
                .map(row -> bare(row.getFirst()).split(" ")[1])
                .collect(Collectors.toCollection(TreeSet::new));

        // Then
        assertThat(table).isEqualTo(code);
        assertThat(Pattern.compile("\\./alignstream ([a-z]+)")
                        .matcher(Project.text(README))
                        .results()
                        .map(match -> match.group(1)))
                .allMatch(code::contains);
    }

    @Test
    void the_tree_shows_paths_that_exist_and_every_module() {
        // Given
        String tree = Project.text(README).split("## What is where\\s+```\n")[1].split("```")[0];

        // When
        List<String> paths = tree.lines().map(line -> line.split(" +")[0]).toList();

        // Then
        assertThat(paths).allMatch(path -> Files.exists(Project.ROOT.resolve(path)), "exists");
        assertThat(paths)
                .containsAll(
                        Project.modules().stream().map(module -> module + "/").toList());
    }

    @Test
    void every_module_says_what_its_packages_are_for() {
        // Given
        List<String> modules = Project.modules();

        // When
        List<String> unexplained = modules.stream()
                .flatMap(module -> {
                    List<String> explained = Project.code(Project.text(module + "/" + README));
                    return Project.packagesOf(module).stream()
                            .filter(name -> !explained.contains(name))
                            .map(name -> module + "/" + README + " has no phrase for `" + name + "`");
                })
                .toList();

        // Then
        assertThat(unexplained).isEmpty();
    }

    @Test
    void links_lead_somewhere() {
        // Given
        Stream<Path> files = Project.files(".", ".md").stream();

        // When
        List<String> broken = files.flatMap(file -> LINK.matcher(
                                Project.text(Project.ROOT.relativize(file).toString()))
                        .results()
                        .map(match -> match.group(1))
                        .filter(link -> !link.contains("://"))
                        .filter(link -> !Files.exists(file.resolveSibling(link)))
                        .map(link -> file + " → " + link))
                .toList();

        // Then
        assertThat(broken).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void the_architecture_names_the_topics_that_a_service_uses(Stage stage) {
        // Given
        List<String> row = Project.table(ARCHITECTURE, "service", "follows", "publishes").stream()
                .filter(cells -> cells.getFirst().equals(stage.service()))
                .findFirst()
                .orElseThrow();

        // When
        Set<String> used = Project.classes().stream()
                .filter(type -> (type.getPackageName() + ".").startsWith(Project.packageOf(stage) + "."))
                .flatMap(type -> type.getFieldAccessesFromSelf().stream())
                .filter(access -> access.getTargetOwner().isEquivalentTo(Topic.class))
                .map(DocumentationTest::topic)
                .flatMap(Stream::ofNullable)
                .collect(Collectors.toCollection(TreeSet::new));

        // Then
        assertThat(new TreeSet<>(Project.code(row.get(1) + row.get(2)))).isEqualTo(used);
    }

    /** The name of the topic that is read; null for other fields of the class. */
    private static @Nullable String topic(JavaFieldAccess access) {
        try {
            Field field = Topic.class.getDeclaredField(access.getTarget().getName());
            return field.getType() == Topic.class ? ((Topic<?>) field.get(null)).name() : null;
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** The documented key if it gives the topic's key for a sample event, else what the topic gives. */
    private static String key(Topic<?> topic, @Nullable List<String> documented) {
        Object sample = samples()
                .filter(event -> topic.eventClass().isInstance(event))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no sample event for " + topic));
        String actual = keyOf(topic, sample);
        if (documented == null) {
            return actual;
        }
        String expected = Arrays.stream(documented.getFirst().split("/"))
                .map(component -> component(sample, component))
                .collect(Collectors.joining("/"));
        return expected.equals(actual) ? documented.getFirst() : actual;
    }

    private static <T> String keyOf(Topic<T> topic, Object event) {
        return topic.key(topic.eventClass().cast(event));
    }

    private static String component(Object sample, String name) {
        try {
            Object value = sample.getClass().getMethod(name).invoke(sample);
            return value instanceof Stage stage ? stage.id() : String.valueOf(value);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(sample.getClass() + " has no component " + name, e);
        }
    }

    private static Stream<Object> samples() {
        Reference reference = new Reference(URI.create("file:/store/x"), SHA256, 1);
        DatasetSnapshot snapshot = new DatasetSnapshot("documents", List.of());
        List<Message> messages = List.of(Message.user("question"));
        return Stream.of(
                new Document("d", "text", "here", Map.of()),
                new CleanDocument("d", "text", "here", Map.of(), SHA256, 4),
                new TrainedTokenizer("n", reference, 8, SHA256, snapshot),
                new TokenBatch(SHA256, 3, TokenBatch.Split.TRAINING, 7, 1, new int[] {1}, 2, 5, false),
                new Instruction("i", messages, List.of("answer"), Map.of()),
                new Prompt("p", messages, Map.of()),
                new Checkpoint(Stage.SFT, "r", 1, reference, Map.of(), List.of(), Map.of()),
                new RankingRequest("q", messages, List.of("a", "b"), reference, Map.of()),
                new Ranking("q", "w", List.of(List.of(0, 1)), List.of(), List.of(), "v1"),
                new Guideline("v", "text", "w"),
                new Feedback("a", Feedback.Thumb.UP, messages, "answer", null, SHA256),
                new ShadowAnswer(
                        "a",
                        messages,
                        new ShadowAnswer.Answer(SHA256, "answer", false),
                        new ShadowAnswer.Answer(SHA256, "other answer", false)),
                new ModelRelease("m", ModelRelease.Verdict.APPROVED, reference, "r", Map.of(), "good"),
                new GuardDecision(
                        "r", GuardDecision.Verdict.PAUSED, "s", List.of("c"), 0, 1, Reason.of("c"), null, null),
                new StageControl("sft", false, 1, List.of()),
                new Incident("pretrain", "r", 3, 2, computed("a"), computed("b")),
                new TrainingProgress(Stage.SFT, "r", "j", 1, 2, 3, Map.of()),
                new EndedSession(SHA256, 1, 2),
                new AuditEntry(
                        1,
                        "sft-service",
                        null,
                        AuditEntry.Mechanism.NONE,
                        null,
                        "127.0.0.1",
                        "POST",
                        "/",
                        401,
                        AuditEntry.Outcome.REFUSED));
    }

    private static Incident.Computed computed(String worker) {
        return new Incident.Computed(worker, "127.0.0.1:1", SHA256, Map.of());
    }

    private static String kept(Topic<?> topic) {
        if (topic == Topic.TOKEN_BATCHES) { // by Kafka for ever, but their packer deletes them
            return "until its tokenizer is replaced";
        }
        return switch (topic.retention()) {
            case FOR_EVER -> "for ever";
            case COMPACTED -> "newest of each key";
            case ONE_YEAR -> "1 year";
            case NINETY_DAYS -> "90 days";
            case ONE_DAY -> "1 day";
        };
    }

    private static String bare(String cell) {
        return cell.replace("`", "");
    }
}
