package io.alignstream.contracts.messages;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessagesTest {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{[^}]*}");

    @Test
    void everyLanguageHasTheSameSentencesWithTheSamePlaceholders() {
        // Given
        Messages english = Messages.in(Language.ENGLISH);
        Messages chinese = Messages.in(Language.CHINESE);

        // When
        Map<String, Set<String>> wanted = placeholders(english);

        // Then
        assertThat(placeholders(chinese)).isEqualTo(wanted);
        assertThat(wanted).containsKeys("sft.upToDate", "state.running");
    }

    @Test
    void noSentenceIsBlank() {
        for (Language language : Language.values()) {
            assertThat(Messages.in(language).sentences().values()).noneMatch(String::isBlank);
        }
    }

    @Test
    void argumentsStandAsTheLanguageWritesThem() {
        // Given
        Reason reason =
                Reason.of("sft.tooFewInstructions").with("needed", 12_000).with("there", 7);

        // When
        String english = Messages.in(Language.ENGLISH).text(reason);
        String chinese = Messages.in(Language.CHINESE).text(reason);

        // Then
        assertThat(english).isEqualTo("a run needs 12,000 instructions, there are 7");
        assertThat(chinese).isEqualTo("一次训练需要 12,000 条指令，现有 7 条");
    }

    @Test
    void aReasonInsideAnotherSpeaksTheSameLanguage() {
        // Given
        Reason reason =
                Reason.of("stage.done").with("job", Reason.of("sft.noBase")).and(Reason.of("stage.stopped"));

        // When
        String chinese = Messages.in(Language.CHINESE).text(reason);

        // Then
        assertThat(chinese).isEqualTo("已完成：等待基础模型；已停止");
    }

    /** Where it came as a number of JSON, it is one beyond all others, and would be written as a text. */
    @Test
    void whatIsNoFiniteNumberIsATextBeforeAndBehindJson() throws Exception {
        // Given
        JsonMapper json = JsonMapper.builder().build();

        // When
        Reason huge = json.readValue(
                "{\"code\": \"c\", \"arguments\": {\"a\": 1e999, \"b\": 1%s}}".formatted("0".repeat(30)), Reason.class);
        Reason again = json.readValue(json.writeValueAsString(huge), Reason.class);

        // Then
        assertThat(huge.arguments()).isEqualTo(Map.of("a", "Infinity", "b", 1e30));
        assertThat(again).isEqualTo(huge);
        assertThat(Reason.of("c").with("loss", Double.NaN).arguments()).containsEntry("loss", "NaN");
    }

    @Test
    void aTextThatLooksLikeAPlaceholderStaysWhatItIs() {
        // When
        String text = Messages.english(Reason.verbatim("no {text} in $1 \\ {x}"));

        // Then
        assertThat(text).isEqualTo("no {text} in $1 \\ {x}");
    }

    @Test
    void anUnknownCodeIsShownWithItsArguments() {
        // When
        String text = Messages.english(Reason.of("newer.code").with("steps", 3));

        // Then
        assertThat(text).isEqualTo("newer.code {steps=3}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "zh-CN,zh;q=0.9,en;q=0.5 | CHINESE",
                "en;q=0.5,zh;q=0.9 | CHINESE",
                "fr | ENGLISH",
                "fr,zh | CHINESE",
                "*,,;q | ENGLISH",
                " | ENGLISH"
            })
    void theMostWantedOfOurLanguagesIsSpoken(@Nullable String acceptLanguage, Language language) {
        // When
        Language preferred = Language.preferred(acceptLanguage);

        // Then
        assertThat(preferred).isEqualTo(language);
    }

    @Test
    void aReasonSurvivesJson() throws Exception {
        // Given
        Reason reason = Reason.of("stage.retries")
                .with("attempt", 2)
                .with("share", 0.5)
                .with("failure", Reason.verbatim("no space"));
        JsonMapper json = JsonMapper.builder().build();

        // When
        Reason read = json.readValue(json.writeValueAsString(reason), Reason.class);

        // Then
        assertThat(read).isEqualTo(reason);
    }

    private static Map<String, Set<String>> placeholders(Messages messages) {
        Map<String, Set<String>> placeholders = new TreeMap<>();
        messages.sentences()
                .forEach((code, sentence) -> placeholders.put(
                        code,
                        PLACEHOLDER
                                .matcher(sentence)
                                .results()
                                .map(MatchResult::group)
                                .collect(Collectors.toCollection(TreeSet::new))));
        return placeholders;
    }
}
