package io.alignstream.tokenizer.cleaning;

import io.alignstream.tokenizer.cleaning.Candidate.Position;
import io.alignstream.tokenizer.cleaning.CleaningProcessor.Result;
import io.alignstream.tokenizer.cleaning.PendingDocuments.Pending;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * Cleaning where {@code documents} has several partitions.
 *
 * <p>Reads two topics: a document is put aside and announced to the band partitions under its duplicate keys; from the
 * verdicts comes what they found. Documents leave in the order in which they came, whatever the order of their verdicts.
 */
final class PartitionedCleaning extends CleaningProcessor {

    private static final Duration WATERMARKS = Duration.ofMillis(500);

    private final CleaningPlan plan;

    @SuppressWarnings("NullAway.Init")
    private PendingDocuments pending;

    @SuppressWarnings("NullAway.Init")
    private SourceClock clock;

    private long time;

    PartitionedCleaning(CleaningPlan plan, Poison poison) {
        super(plan, poison);
        this.plan = plan;
    }

    @Override
    public void init(ProcessorContext<byte[], Result> context) {
        super.init(context);
        pending = new PendingDocuments(
                context.getStateStore(PendingDocuments.TEXTS), context.getStateStore(PendingDocuments.VERDICTS));
        clock = new SourceClock(
                context.getStateStore(SourceClock.STORE), context.taskId().partition(), plan);
        context.schedule(WATERMARKS, PunctuationType.WALL_CLOCK_TIME, this::announceTime);
    }

    @Override
    void take(Record<byte[], byte[]> record, RecordMetadata at) {
        if (at.topic().equals(CleaningTopology.VERDICTS)) {
            pending.judge(Verdict.decode(ByteBuffer.wrap(record.value())));
            releaseJudged(record.timestamp());
            return;
        }
        time = clock.passed(record.timestamp(), at.offset(), context().currentSystemTimeMs());
        super.take(record, at);
    }

    @Override
    void cleaned(long offset, Pending document, Map<Integer, List<byte[]>> keys, long timestamp) {
        Position position = new Position(time, context().taskId().partition(), offset);
        pending.add(offset, document, keys.size());
        keys.forEach((band, ofBand) -> forward(band, new Candidate(position, ofBand), timestamp));
        if (keys.isEmpty()) {
            releaseJudged(timestamp);
        }
    }

    /** Tells all band partitions how far this partition has come, so that they need not wait for it. */
    private void announceTime(long now) {
        clock.time(now).ifPresent(reached -> {
            Candidate watermark =
                    Candidate.watermark(reached, context().taskId().partition());
            for (int band = 0; band < plan.partitions(); band++) {
                forward(band, watermark, now);
            }
        });
    }

    private void forward(int band, Candidate candidate, long timestamp) {
        byte[] key = ByteBuffer.allocate(Integer.BYTES).putInt(band).array();
        context().forward(new Record<>(key, new Result(Route.BANDS, candidate.encode()), timestamp));
    }

    private void releaseJudged(long timestamp) {
        Verdict verdict = pending.first();
        while (verdict != null) {
            release(pending.remove(), verdict, timestamp);
            verdict = pending.first();
        }
    }
}
