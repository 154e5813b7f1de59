package io.alignstream.local.lessons.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WordsTest {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\d}");
    private static final Pattern LITERAL = Pattern.compile("\"([a-z]+(?:[.-][a-z-]+)*\\.?)\"");
    private static final Path SOURCES = Path.of("src/main/java/io/alignstream/local/lessons");

    @Test
    void both_languages_say_everything_with_the_same_arguments() {
        assertThat(Words.codes(true)).isEqualTo(Words.codes(false)).hasSizeGreaterThan(80);
        assertThat(Words.codes(false)).allSatisfy(code -> {
            assertThat(Words.chinese(code)).isNotBlank();
            assertThat(placeholders(Words.chinese(code))).isEqualTo(placeholders(Words.english(code)));
        });
    }

    @Test
    void nothing_is_there_that_no_page_says() throws IOException {
        // Given: whole codes, and beginnings of codes that are put together
        TreeSet<String> literals = new TreeSet<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                LITERAL.matcher(Files.readString(file))
                        .results()
                        .map(found -> found.group(1))
                        .forEach(literals::add);
            }
        }
        List<String> beginnings =
                literals.stream().filter(literal -> literal.endsWith(".")).toList();

        // When
        List<String> unused = Words.codes(false).stream()
                .filter(code -> !literals.contains(code))
                .filter(code -> beginnings.stream().noneMatch(code::startsWith))
                .toList();

        // Then
        assertThat(unused).isEmpty();
    }

    @Test
    void a_code_without_words_is_an_error_and_markup_is_text() {
        assertThatThrownBy(() -> Words.html("page.nothing")).hasMessageContaining("page.nothing");
        assertThat(Words.html("history.written.caption", "<b>"))
                .contains("&lt;b&gt;")
                .doesNotContain("<b>");
    }

    private static List<String> placeholders(String sentence) {
        return PLACEHOLDER
                .matcher(sentence)
                .results()
                .map(MatchResult::group)
                .sorted()
                .collect(Collectors.toList());
    }
}
