package io.alignstream.textcleaning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextCleanerTest {

    private static final Set<String> LANGUAGES = Set.of("en", "zh");

    private static final String ENGLISH =
            """
            The park opens at seven in the morning, and most visitors who come early have seen the pandas before noon.
            A short path leads from the gate to a tea house, where old men play chess and listen to the birds.
            We sat there for an hour on a bench that somebody had painted green not long ago.
            Nobody was in a hurry, which is perhaps what my sister liked best about that place.
            In the afternoon it began to rain, so we took a bus to the museum on the other side of the river.
            Its oldest room shows bronze masks with large eyes that were found in a field by two farmers.
            Children may touch a copy of one of them, and they have rubbed its nose until it shines.
            Before we left, a guard told us how the real ones had been carried through the flood to save them.
            Dinner was hot enough to make us cry, but we have been talking about it ever since.""";

    private static final String CHINESE =
            """
            公园早上七点开门，来得早的人中午以前就已经看完了熊猫，然后慢慢走回城里去。
            从大门进去有一条小路通往茶馆，老人们在那里下棋，也听树上的鸟叫，一坐就是半天。
            我们在一张刚刷过绿漆的长椅上休息了一个小时，谁也没有催谁，这大概是妹妹最喜欢的地方。
            下午忽然下起雨来，我们只好坐公共汽车到河对岸的博物馆去，车上挤满了放学的孩子。
            最老的展厅里摆着青铜面具，眼睛很大，据说是两位农民在田里挖出来的，当时他们还以为是废铁。
            有一件复制品可以用手摸，鼻子已经被摸得发亮，旁边的说明写得既清楚又有趣。
            临走的时候，一位保安告诉我们，发大水那年大家怎样把真品一件一件背到山上，才保住了它们。
            晚饭辣得我们直流眼泪，可是直到今天，只要说起那次旅行，谁都会先想到那一锅鱼。""";

    @ParameterizedTest
    @ValueSource(strings = {"web", "plain", "exact"})
    void keepsProseInBothLanguages(String profile) {
        // Given
        TextCleaner cleaner = cleaner(profile, Map.of());

        // When
        TextCleaner.Result english = cleaner.clean(ENGLISH);
        TextCleaner.Result chinese = cleaner.clean(CHINESE);

        // Then
        assertThat(english).isEqualTo(new TextCleaner.Kept(new NormalisedText(ENGLISH), "en", Set.of()));
        assertThat(chinese).isEqualTo(new TextCleaner.Kept(new NormalisedText(CHINESE), "zh", Set.of()));
    }

    @Test
    void aFaultHoldsTheFiguresThatDidNotPass() {
        // Given
        TextCleaner cleaner = cleaner("web", Map.of());

        // When
        TextCleaner.Result result = cleaner.clean("This is the last of the texts, and it is far too short.");

        // Then
        assertThat(result).isInstanceOfSatisfying(TextCleaner.Dropped.class, dropped -> assertThat(dropped.fault())
                .isEqualTo(new Fault("words", Map.of("value", 13.0, "relation", "<", "bound", 50.0))));
    }

    static Stream<Object[]> bad() {
        String lines = IntStream.range(0, 12)
                .mapToObj(i -> "This line of the text is here for the " + i + "th time and it ends well.\n")
                .collect(Collectors.joining());
        return Stream.of(
                bad(Rule.EMPTY, " \u0000\u3000\n"),
                bad(Rule.BROKEN_ENCODING, "The text has lost \uFFFD\uFFFD\uFFFD many of its letters."),
                bad(Rule.BROKEN_ENCODING, "锟斤拷锟斤拷今天来上海出差了。"),
                bad(Rule.LANGUAGE, "Die Stadt ist für ihre Pandas bekannt und wird von vielen Menschen besucht."),
                bad(Rule.GOPHER_WORDS, "The city of Chengdu is known for its pandas and for its food."),
                bad(Rule.GOPHER_WORDS, "成都以熊猫和美食闻名，也有很多茶馆。"),
                bad(Rule.GOPHER_WORD_LENGTH, ENGLISH.replaceAll("\\b([a-z])([a-z]{3,})\\b", "$1$2$2$2$2$2")),
                bad(Rule.GOPHER_WORD_LENGTH, CHINESE.replace("，", "")),
                bad(Rule.GOPHER_SYMBOLS, ENGLISH.replace(" the ", " # the # ")),
                bad(Rule.GOPHER_BULLETS, "• " + lines.strip().replace("\n", "\n• ")),
                bad(Rule.GOPHER_ELLIPSES, ENGLISH.replace(".", "…")),
                bad(Rule.GOPHER_ALPHABETIC, ENGLISH.replace(" the ", " the 17 42 999 5 8 ")),
                bad(Rule.GOPHER_STOP_WORDS, ENGLISH.replaceAll("(?i)\\b(the|be|to|of|and|that|have|with)\\b", "some")),
                bad(Rule.GOPHER_STOP_WORDS, CHINESE.replaceAll("[的了是在和有不这也就都与为以及而或并被把但其对]", "")),
                bad(Rule.GOPHER_REPEATED_LINES, ENGLISH + "\n" + ENGLISH),
                bad(Rule.GOPHER_REPEATED_LINES, CHINESE + "\n" + CHINESE),
                bad(Rule.GOPHER_REPEATED_PARAGRAPHS, ENGLISH + "\n\nAnd so on it went.\n\nAnd so on it went."),
                bad(Rule.GOPHER_TOP_NGRAM, ENGLISH.replace(".", " in extraordinary circumstances.")),
                bad(Rule.GOPHER_TOP_NGRAM, CHINESE.replace("，", "哈哈哈哈哈，")),
                bad(
                        Rule.FINEWEB_REPEATED_LINES,
                        ENGLISH + "\n" + ENGLISH.lines().skip(1).findFirst().orElseThrow()),
                bad(Rule.FINEWEB_SHORT_LINES, ENGLISH.replaceAll("((?:\\S+ ){5})", "$1\n")),
                bad(Rule.C4_SENTENCES, ENGLISH.replace(".", ",")),
                bad(Rule.C4_PLACEHOLDER, ENGLISH + "\nif (x) { return the value of it; }"),
                bad(Rule.C4_PLACEHOLDER, "Lorem ipsum dolor sit amet.\n" + ENGLISH),
                bad(Rule.FINEWEB_LINE_PUNCTUATION, ENGLISH.replaceAll("\\.(\n|$)", " and then. So it was$1")),
                bad(
                        Rule.CONTAMINATED,
                        ENGLISH + "\nWho wrote the famous book about the long journey to the west of China and when?"));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void dropsWithTheNameOfTheRuleAndOnlyWhileItIsOn(Rule rule, String text) {
        // Given
        TextCleaner cleaner = cleaner("web", Map.of());
        Map<String, Boolean> off = rule == Rule.EMPTY ? Map.of() : Map.of(rule.id(), false);
        TextCleaner without = cleaner("web", off);

        // When
        TextCleaner.Result result = cleaner.clean(text);
        TextCleaner.Result otherwise = without.clean(text);

        // Then
        assertThat(result).isInstanceOfSatisfying(TextCleaner.Dropped.class, dropped -> {
            assertThat(dropped.rule()).isEqualTo(rule);
            assertThat(dropped.fault().name()).isNotBlank();
        });
        if (rule != Rule.EMPTY) {
            assertThat(otherwise)
                    .satisfiesAnyOf(
                            kept -> assertThat(kept).isInstanceOf(TextCleaner.Kept.class),
                            dropped -> assertThat(((TextCleaner.Dropped) dropped).rule())
                                    .isNotEqualTo(rule));
        }
    }

    @Test
    void dropsTextsOfRepeatedPhrases() {
        // Given
        String phrases = IntStream.range(0, 12)
                .mapToObj(i -> ENGLISH.lines().skip(i % 9).findFirst().orElseThrow() + " Item " + i + ".")
                .collect(Collectors.joining("\n"));
        String chinese = IntStream.range(0, 12)
                .mapToObj(i -> CHINESE.lines().skip(i % 8).findFirst().orElseThrow() + "第" + i + "次。")
                .collect(Collectors.joining("\n"));

        // When
        TextCleaner.Result english = cleaner("web", Map.of()).clean(phrases);
        TextCleaner.Result result = cleaner("web", Map.of()).clean(chinese);

        // Then
        assertThat(((TextCleaner.Dropped) english).rule()).isEqualTo(Rule.GOPHER_REPEATED_NGRAMS);
        assertThat(((TextCleaner.Dropped) result).rule()).isEqualTo(Rule.GOPHER_REPEATED_NGRAMS);
    }

    @Test
    void repairsAndMasksAndSaysSo() {
        // Given
        String page = "Home\nSkip to content\n" + ENGLISH + "\nWrite to jane@example.com, cafe\u0301 lovers.\u0007\n"
                + "This site uses cookies to give you the best experience.\n版权所有 京ICP备12345678号\n";

        // When
        TextCleaner.Result result = cleaner("web", Map.of()).clean(page);

        // Then
        assertThat(result).isInstanceOfSatisfying(TextCleaner.Kept.class, kept -> {
            assertThat(kept.text().text()).isEqualTo(ENGLISH + "\nWrite to <EMAIL>, café lovers.");
            assertThat(kept.applied())
                    .containsExactlyInAnyOrder(
                            Rule.CONTROL_CHARACTERS, Rule.UNICODE_NFC, Rule.BOILERPLATE_LINES, Rule.PERSONAL_DATA);
        });
    }

    @Test
    void saysWhatItRepairedOfATextThatIsDropped() {
        // When
        TextCleaner.Result result = cleaner("web", Map.of()).clean("cafe\u0301\u0007 of the city");

        // Then
        assertThat(result).isInstanceOf(TextCleaner.Dropped.class);
        assertThat(result.applied()).containsExactlyInAnyOrder(Rule.CONTROL_CHARACTERS, Rule.UNICODE_NFC);
    }

    @Test
    void removesLinesWithoutAFinalMarkOnlyWhereThatIsOn() {
        // Given
        String line = "This line has several words but it ends without a mark";

        // When
        TextCleaner.Result without = cleaner("web", Map.of()).clean(ENGLISH + "\n" + line);
        TextCleaner.Result with =
                cleaner("web", Map.of(Rule.TERMINAL_PUNCTUATION.id(), true)).clean(ENGLISH + "\n" + line);

        // Then
        assertThat(without).isEqualTo(new TextCleaner.Kept(new NormalisedText(ENGLISH + "\n" + line), "en", Set.of()));
        assertThat(with)
                .isEqualTo(new TextCleaner.Kept(new NormalisedText(ENGLISH), "en", Set.of(Rule.TERMINAL_PUNCTUATION)));
    }

    @ParameterizedTest
    @CsvSource({"49, true", "50, false"})
    void theLimitItselfPasses(int words, boolean dropped) {
        // Given
        String text = ENGLISH.lines()
                .flatMap(line -> Stream.of(line.split(" ")))
                .limit(words)
                .collect(Collectors.joining(" "));

        // When
        TextCleaner.Result result = cleaner("web", Map.of()).clean(text);

        // Then: one of the later rules may still drop the text
        assertThat(result instanceof TextCleaner.Dropped drop && drop.rule() == Rule.GOPHER_WORDS)
                .isEqualTo(dropped);
    }

    @Test
    void shortRecordsPassTheProfilesForRecords() {
        // Given
        String records = "成都必去景点：熊猫基地";

        // When
        TextCleaner.Result plain = cleaner("plain", Map.of()).clean(records);
        TextCleaner.Result exact = cleaner("exact", Map.of()).clean(records);

        // Then
        assertThat(plain).isEqualTo(exact).isEqualTo(new TextCleaner.Kept(new NormalisedText(records), "zh", Set.of()));
    }

    @Test
    void refusesUnknownNames() {
        assertThatThrownBy(() -> CleaningProfile.of("best", Map.of(), LANGUAGES))
                .hasMessageContaining("'best'")
                .hasMessageContaining("exact, plain, web");
        assertThatThrownBy(() -> CleaningProfile.of("web", Map.of("gopher", true), LANGUAGES))
                .hasMessageContaining("'gopher'")
                .hasMessageContaining("gopher-words");
        assertThatThrownBy(() -> CleaningProfile.of("web", Map.of(), Set.of())).hasMessageContaining("language");
        assertThatThrownBy(() -> CleaningProfile.of("web", Map.of("empty", false), LANGUAGES))
                .hasMessageContaining("cannot be switched off");
    }

    private static TextCleaner cleaner(String profile, Map<String, Boolean> switches) {
        return new TextCleaner(
                CleaningProfile.of(profile, switches, LANGUAGES),
                Decontamination.against(
                        Stream.of("Who wrote the famous book about the long journey to the west of China?", "short")));
    }

    private static Object[] bad(Rule rule, String text) {
        return new Object[] {rule, text};
    }
}
