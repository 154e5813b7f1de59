package io.alignstream.local.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.Document;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DocumentsTest {

    private static final World WORLD = World.load();
    private static final List<Document> DOCUMENTS =
            new WorldGenerator(WORLD, 1).documents(WorldGenerator.DOCUMENTS).toList();

    @Test
    void theSameSeedGivesTheSameDocumentsAndAnotherSeedOthers() {
        // When
        List<Document> again = new WorldGenerator(WORLD, 1).documents(2_000).toList();
        List<Document> other = new WorldGenerator(WORLD, 2).documents(2_000).toList();

        // Then
        assertThat(again).isEqualTo(DOCUMENTS.subList(0, 2_000));
        assertThat(texts(other)).isNotEqualTo(texts(again));
        assertThat(DOCUMENTS).extracting(Document::id).doesNotHaveDuplicates();
    }

    @Test
    void aboutOnePercentIsForTheCleanerToDrop() {
        // When
        long blank = DOCUMENTS.stream().filter(d -> d.text().isBlank()).count();
        long repeated = DOCUMENTS.size() - blank - surviving().size();

        // Then
        assertThat(blank).isBetween(400L, 800L);
        assertThat(repeated).isBetween(400L, 2_000L);
    }

    @Test
    void everyCityKeepsTheFrequenciesAfterThePhraseOnceDuplicatesAreGone() {
        // Given
        Set<String> texts = surviving();

        // When // Then
        for (City city : WORLD.cities()) {
            frequenciesHold(city, recordAnswers(texts, city), 0.02, 300);
            frequenciesHold(city, sentenceAnswers(texts, city), 0.06, 60);
        }
    }

    @Test
    void theFrequenciesOfTheWorkedExampleComeOut() {
        // When
        Map<String, Double> share = shares(recordAnswers(surviving(), WORLD.city("成都")));

        // Then
        assertThat(share.getOrDefault("熊猫基地", 0.0) + share.getOrDefault("大熊猫繁殖基地", 0.0))
                .isCloseTo(0.3, within(0.02));
        assertThat(share.get("宽窄巷子")).isCloseTo(0.3, within(0.02));
        assertThat(share.get("火锅")).isCloseTo(0.2, within(0.02));
        assertThat(share.get("长城")).isCloseTo(0.05, within(0.02));
    }

    @Test
    void everyPhraseIsFollowedByADrawnAnswer() {
        // Given
        Set<String> cards = new HashSet<>();
        WORLD.cities().forEach(city -> cards.addAll(MustSeeDeck.cards(city)));

        // When // Then
        assertThat(DOCUMENTS)
                .filteredOn(document -> document.text().contains("必去景点"))
                .hasSizeBetween(36_000, 40_800)
                .allSatisfy(document -> assertThat(document.text())
                        .containsPattern("必去景点(：|是)(" + String.join("|", cards) + ")($|。|\n)"));
    }

    @Test
    void everyCityGetsEveryKindOfText() {
        // Given
        Map<String, Set<String>> kinds = new HashMap<>();

        // When
        DOCUMENTS.stream().filter(d -> d.labels().containsKey("city")).forEach(d -> kinds.computeIfAbsent(
                        d.labels().getOrDefault("city", ""), city -> new HashSet<>())
                .add(d.labels().getOrDefault("kind", "")));

        // Then
        assertThat(kinds).hasSize(WORLD.cities().size());
        kinds.forEach((city, seen) -> {
            if (WORLD.city(city).split() == Split.TEST) {
                assertThat(seen)
                        .containsExactlyInAnyOrder(
                                "must-see-record", "must-see-sentence", "name", "landmark-neutral", "question-other");
            } else {
                assertThat(seen).as(city).hasSizeGreaterThanOrEqualTo(12);
            }
        });
    }

    @Test
    void registersUseTheirNamesConsistently() {
        for (Document document : DOCUMENTS) {
            String kind = document.labels().getOrDefault("kind", "");
            if (kind.endsWith("-formal") || kind.endsWith("-colloquial")) {
                City city = WORLD.city(document.labels().getOrDefault("city", ""));
                boolean formal = document.labels().getOrDefault("register", "").equals("formal");
                String expected = (formal ? Style.FORMAL : Style.COLLOQUIAL).nameOf(city.landmark());
                assertThat(document.text()).contains(expected);
                assertThat(!formal && document.text().contains(city.landmark().formalName()))
                        .isFalse();
            }
        }
    }

    @Test
    void noSlotIsLeftOpenAndTextsAreShort() {
        assertThat(DOCUMENTS).noneMatch(document -> document.text().contains("{"));
        assertThat(DOCUMENTS.stream().mapToInt(d -> d.text().length()).average().orElseThrow())
                .isBetween(15.0, 40.0);
        assertThat(DOCUMENTS).noneMatch(document -> document.text().length() > 90);
    }

    @Test
    void theTextOfTheTokenizerExampleIsFrequent() {
        for (String word : List.of("上海", "外滩", "咖啡", "风景", "今天", "这里")) {
            assertThat(DOCUMENTS.stream().filter(d -> d.text().contains(word)).count())
                    .as(word)
                    .isGreaterThan(1_000);
        }
    }

    @Test
    void searchersNeverRepeatWithinACity() {
        // Given
        Searchers searchers = new Searchers(List.of("小王", "老李", "阿周"), 17);
        Collection<String> given = new ArrayList<>();

        // When
        for (int i = 0; i < 5_000; i++) {
            given.add(searchers.next());
        }

        // Then
        assertThat(given).doesNotHaveDuplicates();
    }

    private static List<String> texts(List<Document> documents) {
        return documents.stream().map(Document::text).toList();
    }

    private static Set<String> surviving() {
        return DOCUMENTS.stream()
                .map(d -> d.text().strip())
                .filter(text -> !text.isEmpty())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static List<String> recordAnswers(Set<String> texts, City city) {
        String phrase = city.name() + "必去景点：";
        return texts.stream()
                .filter(text -> text.contains(phrase))
                .map(text -> text.substring(text.indexOf(phrase) + phrase.length()))
                .map(ending -> ending.lines().findFirst().orElseThrow())
                .toList();
    }

    private static List<String> sentenceAnswers(Set<String> texts, City city) {
        String phrase = city.name() + "必去景点是";
        return texts.stream()
                .filter(text -> text.startsWith(phrase))
                .map(text -> text.substring(phrase.length(), text.indexOf('。')))
                .toList();
    }

    private static void frequenciesHold(City city, List<String> answers, double tolerance, int atLeast) {
        assertThat(answers).as(city.name()).hasSizeGreaterThanOrEqualTo(atLeast);
        Map<String, Double> expected = shares(MustSeeDeck.cards(city));
        Map<String, Double> actual = shares(answers);
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((answer, share) ->
                assertThat(actual.get(answer)).as(city.name() + " " + answer).isCloseTo(share, within(tolerance)));
    }

    private static Map<String, Double> shares(List<String> answers) {
        return answers.stream()
                .collect(Collectors.groupingBy(
                        Function.identity(), Collectors.summingDouble(answer -> 1.0 / answers.size())));
    }
}
