package io.alignstream.tokenizer.cleaning;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Decontamination;
import io.alignstream.textcleaning.TextCleaner;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is a document can be cleaned, and what is kept of it can be published. */
class AcceptedDocumentsTest {

    private static final List<String> PARTS = List.of(
            " ", "\n", "\t", "\r", "\u0000", "\u0085", "\u00a0", "\u2003", "\u2028", "\u200b", "\ufeff", "\ufffd",
            "e\u0301", "\ufb2c", "\u0958", "Ã©", "â€™", "ÖÐÎÄ", "中", "🦊", "word", "a@b.co", "1.2.3.4", "{", "#");

    @ParameterizedTest
    @ValueSource(strings = {"exact", "plain", "web"})
    void ofAnyCharacters(String profile) {
        // Given
        Random random = new Random(7);
        List<Document> documents = IntStream.range(0, 3_000)
                .mapToObj(i -> Stream.generate(() -> PARTS.get(random.nextInt(PARTS.size())))
                        .limit(random.nextInt(40))
                        .collect(Collectors.joining()))
                .map(AcceptedDocumentsTest::document)
                .toList();

        // When
        List<byte[]> published = cleaned(profile, documents);

        // Then
        assertThat(published).hasSizeLessThanOrEqualTo(documents.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ufb2c", "\u0958", "a@b.co ", "8.8.8.8 "})
    void ofTheGreatestLengthThatGrows(String part) {
        // Given
        Document longest = document(part.repeat(Document.MAX_TEXT / part.length()));

        // When
        List<byte[]> published = cleaned("plain", List.of(longest));

        // Then
        assertThat(published).singleElement().satisfies(value -> assertThat(value)
                .hasSizeBetween(Document.MAX_TEXT, Topic.MAX_RECORD_BYTES));
    }

    private static Document document(String text) {
        return new Document("d", text, "test", Map.of());
    }

    private static List<byte[]> cleaned(String profile, List<Document> documents) {
        TextCleaner cleaner =
                new TextCleaner(CleaningProfile.of(profile, Map.of(), Set.of("en", "zh")), Decontamination.NONE);
        return documents.stream()
                .flatMap(document -> cleaner.clean(document.text()) instanceof TextCleaner.Kept kept
                        ? Stream.of(CleaningProcessor.clean(
                                document, kept, Sha256.bytes(kept.text().text())))
                        : Stream.<CleanDocument>empty())
                .map(clean -> Topic.CLEAN_DOCUMENTS.codec().encode(clean, "test", new RecordHeaders()))
                .toList();
    }
}
