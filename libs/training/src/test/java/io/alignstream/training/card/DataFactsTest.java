package io.alignstream.training.card;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What records say of themselves is counted, and nothing is made up where they say nothing. */
class DataFactsTest {

    private static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");

    private final DataFacts.Collector collector = new DataFacts.Collector();

    @Test
    void labelsOfDocumentsAreCounted() {
        // Given
        collector.add(document("一二三", Map.of("language", "zh", "license", "cc-by-4.0", "date", "2024-05")), NOON);
        collector.add(
                document("abc", Map.of("lang", "en", "licence", "cc-by-4.0", "published", "2023-11-30T08:00:00Z")),
                NOON.plusSeconds(9));
        collector.add(document("abcd", Map.of("date", "yesterday")), NOON.minusSeconds(9));

        // When
        DataFacts facts = collector.facts(true);

        // Then
        assertThat(facts.records()).isEqualTo(3);
        assertThat(facts.characters()).isEqualTo(10);
        assertThat(facts.languages().largest()).isEqualTo(Map.of("en", 1L, "zh", 1L));
        assertThat(facts.licences().largest()).isEqualTo(Map.of("cc-by-4.0", 2L));
        assertThat(facts.scripts().largest()).isEqualTo(Map.of("latin", 7L, "han", 3L));
        assertThat(facts.sources().largest()).isEqualTo(Map.of("almanac", 3L));
        assertThat(facts.dated()).isEqualTo(2);
        assertThat(facts.oldest()).isEqualTo("2023-11-30");
        assertThat(facts.newest()).isEqualTo("2024-05");
        assertThat(facts.firstPublished()).isEqualTo("2026-01-02T11:59:51Z");
        assertThat(facts.lastPublished()).isEqualTo("2026-01-02T12:00:09Z");
    }

    @Test
    void whatCleaningHasMaskedIsCountedByKind() {
        // Given
        collector.add(
                new CleanDocument("1", "<EMAIL> or <EMAIL>, <PHONE>; <b>", "almanac", Map.of(), "ab".repeat(32), 40),
                NOON);
        collector.add(document("<EMAIL>", Map.of()), NOON); // as somebody wrote it: nobody has cleaned it

        // When
        DataFacts facts = collector.facts(true);

        // Then
        assertThat(facts.masked().largest()).isEqualTo(Map.of("email", 2L, "phone", 1L));
    }

    @Test
    void aCardNamesNobodyWhoRanked() {
        // Given
        collector.add(new Ranking("request", "ann", List.of(List.of(0), List.of(1)), List.of(), List.of(), "v1"), NOON);

        // When
        DataFacts facts = collector.facts(true);

        // Then
        assertThat(facts.toString()).contains("v1").doesNotContain("ann");
    }

    @Test
    void nothingSaidIsNothingKnown() {
        // Given
        collector.add(new Instruction("1", List.of(Message.user("Which?")), List.of("This."), Map.of()), NOON);

        // When
        DataFacts facts = collector.facts(false);

        // Then
        assertThat(facts.newest()).isNull();
        assertThat(facts.licences().sum()).isZero();
        assertThat(facts.sources().sum()).isZero();
        assertThat(facts.whole()).isFalse();
    }

    @Test
    void moreValuesThanPeopleReadAreOthers() {
        // Given
        for (int i = 0; i < 10_500; i++) {
            collector.add(new Document("d" + i, "a", "source-" + i, Map.of()), NOON);
        }

        // When
        Tally sources = collector.facts(true).sources();

        // Then
        assertThat(sources.largest()).hasSize(Tally.SHOWN);
        assertThat(sources.sum()).isEqualTo(10_500);
    }

    private static Document document(String text, Map<String, String> labels) {
        return new Document("d" + text, text, "almanac", labels);
    }
}
