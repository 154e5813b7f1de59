package io.alignstream.local.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.Topic;
import io.alignstream.local.broker.SharedBroker;
import io.alignstream.local.site.Site;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PublisherTest {

    private final Site site = SharedBroker.site();
    private final String mine = UUID.randomUUID().toString();

    @Test
    void publishesTheSameEventsOnlyOnce() {
        // Given
        List<Document> documents = documents(100, "text");
        publish(documents);

        // When
        long again = publish(documents);

        // Then
        assertThat(again).isZero();
        assertThat(published()).isEqualTo(ids(documents));
    }

    @Test
    void goesOnWhereItWasKilled() {
        // Given
        List<Document> documents = documents(100, "text");
        Throwable end;
        try (Publisher publisher = new Publisher(site.connection())) {
            end = catchThrowable(() -> publisher.publish(
                    Topic.DOCUMENTS,
                    consumer -> {
                        documents.subList(0, 40).forEach(consumer);
                        throw new IllegalStateException("killed");
                    },
                    seen -> {}));
        }

        // When
        long rest = publish(documents);

        // Then
        assertThat(end).hasMessage("killed");
        assertThat(rest).isEqualTo(60);
        assertThat(published()).isEqualTo(ids(documents));
    }

    @Test
    void publishesAnEventAgainWhenItsContentChanged() {
        // Given
        publish(documents(3, "old text"));

        // When
        long changed = publish(documents(3, "new text"));

        // Then
        assertThat(changed).isEqualTo(3);
    }

    /** "Aa" and "BB" have the same hash code, and so have all texts that differ in nothing else. */
    @Test
    void publishesACorrectionWhoseHashCodeIsThatOfTheError() {
        // Given
        publish(documents(1, "BB"));

        // When
        long corrected = publish(documents(1, "Aa"));

        // Then
        assertThat("BB").hasSameHashCodeAs("Aa");
        assertThat(corrected).isEqualTo(1);
    }

    private long publish(List<Document> documents) {
        try (Publisher publisher = new Publisher(site.connection())) {
            return publisher.publish(Topic.DOCUMENTS, documents::forEach, seen -> {});
        }
    }

    private List<Document> documents(int count, String text) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Document(mine + "-" + i, text + " " + i, "test", Map.of("a", "1", "b", "2")))
                .toList();
    }

    private static List<String> ids(List<Document> documents) {
        return documents.stream().map(Document::id).toList();
    }

    private List<String> published() {
        List<String> ids = new ArrayList<>();
        try (TopicLog log = new TopicLog(site.connection(), List.of(Topic.DOCUMENTS.name()))) {
            log.readToEnd(record -> {
                String id = new String(record.key(), java.nio.charset.StandardCharsets.UTF_8);
                if (id.startsWith(mine)) {
                    ids.add(id);
                }
            });
        }
        return ids;
    }
}
