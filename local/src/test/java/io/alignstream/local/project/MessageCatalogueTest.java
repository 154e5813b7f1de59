package io.alignstream.local.project;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the message catalogues against scripts, templates and classes: what they say is there, and nothing is there that
 * nobody says. That all languages have the same codes is the catalogues' own test.
 */
class MessageCatalogueTest {

    /** Codes {@code FAMILY.ID} that are put together where they are used: the id is a name of something else. */
    private static final Set<String> FAMILIES = Set.of(
            "state",
            "action",
            "phase",
            "metric",
            "unit",
            "good",
            "verdict",
            "outcome",
            "fault",
            "effect",
            "kind",
            "role",
            "abstention");

    private static final Pattern QUOTED = Pattern.compile("[\"'`]([a-z][A-Za-z]*(?:\\.[A-Za-z0-9-]+)*)[\"'`]");
    private static final Pattern FAULT = Pattern.compile("Fault\\.of\\(([^;]*?)\\)");
    /** In a job's report, or as what a training loop calls its steps and its end. */
    private static final Pattern PHASE =
            Pattern.compile("(?:progress\\(\\s*|[pP]hase\\(\\) \\{\\s*return (?:Optional\\.of\\()?)\"(\\w+)\"");

    private final Set<String> codes = Messages.in(Language.ENGLISH).sentences().keySet();
    private final List<Path> files = Stream.of(".java", ".js", ".html")
            .flatMap(suffix -> Project.files(".", suffix).stream())
            .filter(file -> file.toString().contains("/src/main/"))
            .toList();

    @Test
    void noCodeStandsTwice() {
        // When
        List<String> twice = Project.files("libs/contracts/src/main/resources", ".properties").stream()
                .flatMap(file -> {
                    Set<String> seen = new HashSet<>();
                    return content(file)
                            .lines()
                            .filter(line -> !line.startsWith("#") && line.contains("="))
                            .map(line -> line.substring(0, line.indexOf('=')))
                            .filter(code -> !seen.add(code))
                            .map(code -> file.getFileName() + ": " + code);
                })
                .toList();

        // Then
        assertThat(twice).isEmpty();
    }

    @Test
    void whatIsSaidIsInTheCatalogues() {
        // Given
        Set<String> beginnings =
                codes.stream().map(MessageCatalogueTest::family).collect(Collectors.toSet());

        // When
        Set<String> said = files.stream()
                .filter(file -> !file.toString().endsWith(".java") || speaks(content(file)))
                .flatMap(file -> matches(QUOTED, content(file)))
                .filter(literal -> literal.contains(".") && beginnings.contains(family(literal)))
                .filter(literal -> !literal.endsWith(".html"))
                .collect(Collectors.toCollection(TreeSet::new));

        // Then
        assertThat(codes).containsAll(said);
        assertThat(said).contains("sft.upToDate", "gate.kl", "panel.sft", "chat.stopped", "job.none");
    }

    @Test
    void faultsAndPhasesHaveNames() {
        // Given
        Stream<String> faults = files.stream()
                .flatMap(file -> matches(FAULT, content(file)))
                .flatMap(argument -> matches(QUOTED, argument))
                .map(name -> "fault." + name);
        Stream<String> phases = files.stream()
                .filter(file -> !file.toString().contains("/local/"))
                .flatMap(file -> matches(PHASE, content(file)))
                .map(name -> "phase." + name);

        // When
        Set<String> named = Stream.concat(faults, phases).collect(Collectors.toCollection(TreeSet::new));

        // Then
        assertThat(codes).containsAll(named);
        assertThat(named).contains("fault.words", "phase.clean", "phase.train", "phase.ppo", "phase.gate");
    }

    /** Charts say of each figure what it is, in which unit, and what is good. */
    @Test
    void everyFigureIsExplained() {
        // Given
        String kinds = Project.text("libs/stage-runtime/src/main/resources/META-INF/resources/alignstream/figures.js");
        List<String> figures = codes.stream()
                .filter(code -> family(code).equals("metric") && !code.endsWith(".hint"))
                .toList();

        // When
        List<String> unexplained = figures.stream()
                .filter(figure -> !codes.contains(figure + ".hint")
                        || !Pattern.compile("'" + Pattern.quote(idIn(figure)) + "': \\['\\w+', '\\w+']")
                                .matcher(kinds)
                                .find())
                .toList();

        // Then
        assertThat(unexplained).isEmpty();
        assertThat(figures).contains("metric.loss", "metric.winRate/low");
    }

    @Test
    void whatIsInTheCataloguesIsSaid() {
        // Given
        String sources = files.stream().map(MessageCatalogueTest::content).collect(Collectors.joining("\n"));
        Set<String> literals = matches(QUOTED, sources).collect(Collectors.toSet());

        // When
        List<String> unused = codes.stream()
                .filter(code -> !literals.contains(code))
                .filter(code -> !FAMILIES.contains(family(code)) || !isNamed(idIn(code), sources))
                .toList();

        // Then
        assertThat(unused).isEmpty();
    }

    /** Whether {@code id} stands somewhere as a text, or in capitals as an enum constant. */
    private static boolean isNamed(String id, String sources) {
        return Pattern.compile("[\"'`]" + Pattern.quote(id) + "[\"'`]")
                        .matcher(sources)
                        .find()
                || Pattern.compile("\\b" + Pattern.quote(id.toUpperCase(Locale.ROOT)) + "\\b")
                        .matcher(sources)
                        .find();
    }

    private static String idIn(String code) {
        return code.substring(code.indexOf('.') + 1).replaceFirst("\\.(name|hint)$", "");
    }

    private static String family(String code) {
        return code.replaceFirst("\\..*", "");
    }

    /** Whether a class gives reasons or names a panel; others have texts of their own that look like codes. */
    private static boolean speaks(String source) {
        return source.contains("io.alignstream.contracts.messages.Reason") || source.contains("stageruntime.web.Panel");
    }

    private static Stream<String> matches(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.results().map(match -> match.group(1));
    }

    private static String content(Path file) {
        return Project.text(Project.ROOT.relativize(file.normalize()).toString());
    }
}
