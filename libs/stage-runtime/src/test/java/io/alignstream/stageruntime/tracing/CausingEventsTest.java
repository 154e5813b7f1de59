package io.alignstream.stageruntime.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.tracing.Traceparent;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class CausingEventsTest {

    private final CausingEvents events = new CausingEvents();

    private static Traceparent trace(int number) {
        return new Traceparent(String.format("00-%032x-%016x-01", number, number));
    }

    private static ConsumerRecord<byte[], byte[]> record(Topic<?> topic, long timestamp) {
        return new ConsumerRecord<>(
                topic.name(),
                0,
                timestamp,
                timestamp,
                TimestampType.CREATE_TIME,
                1,
                1,
                new byte[1],
                new byte[1],
                new RecordHeaders(),
                Optional.empty());
    }

    private void read(Topic<?> topic, long timestamp, Traceparent trace) {
        ConsumerRecord<byte[], byte[]> record = record(topic, timestamp);
        trace.stamp(record.headers());
        events.read(topic, record);
    }

    @Test
    void theNewestEventIsTheCauseWhateverOrderTopicsAreReadIn() {
        // Given
        read(Topic.INSTRUCTIONS, 7, trace(7));
        read(Topic.CHECKPOINTS, 3, trace(3));

        // When
        CausingEvents.Causes causes = events.take();

        // Then
        assertThat(causes.parent()).contains(trace(7));
        assertThat(causes.links()).containsExactly(trace(3));
        assertThat(causes.event().orElseThrow().topic()).isEqualTo("instructions");
        assertThat(events.take()).isEqualTo(CausingEvents.Causes.NONE);
    }

    @Test
    void anEventWithoutATraceBeginsOneThatIsLinkedToTheOthers() {
        // Given
        read(Topic.DOCUMENTS, 1, trace(1));
        events.read(Topic.DOCUMENTS, record(Topic.DOCUMENTS, 2));

        // When
        CausingEvents.Causes causes = events.take();

        // Then
        assertThat(causes.parent()).isEmpty();
        assertThat(causes.event().orElseThrow().offset()).isEqualTo(2);
        assertThat(causes.links()).containsExactly(trace(1));
    }

    @Test
    void ofManyEventsTheNewestTracesAreRemembered() {
        // When
        IntStream.rangeClosed(1, 10_000).forEach(number -> read(Topic.DOCUMENTS, number, trace(number)));
        CausingEvents.Causes causes = events.take();

        // Then
        assertThat(causes.parent()).contains(trace(10_000));
        assertThat(causes.links())
                .hasSize(CausingEvents.MOST_LINKS)
                .containsExactlyElementsOf(IntStream.range(10_000 - 32, 10_000)
                        .mapToObj(CausingEventsTest::trace)
                        .toList());
    }

    @Test
    void withoutAParentsTraceThereAreNoMoreLinksEither() {
        // Given
        IntStream.rangeClosed(1, 100).forEach(number -> read(Topic.DOCUMENTS, number, trace(number)));
        events.read(Topic.DOCUMENTS, record(Topic.DOCUMENTS, 101));

        // Then
        assertThat(events.take().links())
                .hasSize(CausingEvents.MOST_LINKS)
                .last()
                .isEqualTo(trace(100));
    }

    @Test
    void whatARunPublishesCausesTheNextOneOnlyIfNothingElseDoes() {
        // Given
        events.publishes(trace(5));
        read(Topic.RANKINGS, 1, trace(1));
        read(Topic.CHECKPOINTS, 2, trace(5));

        // When
        CausingEvents.Causes withRanking = events.take();
        read(Topic.CHECKPOINTS, 3, trace(5));
        CausingEvents.Causes alone = events.take();

        // Then
        assertThat(withRanking.parent()).contains(trace(1));
        assertThat(alone.parent()).contains(trace(5));
    }

    @Test
    void whatIsSaidAboutRunsCausesNone() {
        // When
        read(Topic.TRAINING_PROGRESS, 1, trace(1));
        read(Topic.STAGE_CONTROLS, 2, trace(2));

        // Then
        assertThat(events.take()).isEqualTo(CausingEvents.Causes.NONE);
    }
}
