package io.alignstream.tokenizer.cleaning;

import io.alignstream.tokenizer.cleaning.Candidate.Position;
import io.alignstream.tokenizer.cleaning.CleaningProcessor.Result;
import io.alignstream.tokenizer.cleaning.PendingDocuments.Pending;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.processor.api.ProcessorContext;

/** Cleaning where {@code documents} has one partition: all keys lie here, so each document leaves as it comes. */
final class OnePartitionCleaning extends CleaningProcessor {

    @SuppressWarnings("NullAway.Init")
    private FirstOfKey first;

    OnePartitionCleaning(CleaningPlan plan, Poison poison) {
        super(plan, poison);
    }

    @Override
    public void init(ProcessorContext<byte[], Result> context) {
        super.init(context);
        first = new FirstOfKey(context.getStateStore(FirstOfKey.STORE));
    }

    @Override
    void cleaned(long offset, Pending document, Map<Integer, List<byte[]>> keys, long timestamp) {
        release(document, first.judge(new Position(0, 0, offset), keys.getOrDefault(0, List.of())), timestamp);
    }
}
