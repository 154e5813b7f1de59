package io.alignstream.tokenizer;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import io.alignstream.textcleaning.NormalisedText;
import java.util.HexFormat;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/** Decodes and normalises one document: forwards the clean document under its content hash, or a dead letter. */
final class CleaningProcessor extends ContextualProcessor<byte[], byte[], byte[], CleaningProcessor.Result> {

    /** What goes on: a clean document's record value, or the original value of a poison record. */
    record Result(boolean poison, byte @Nullable [] value) {}

    @SuppressWarnings("NullAway.Init")
    private OutcomeCounts outcomes;

    @Override
    public void init(ProcessorContext<byte[], Result> context) {
        super.init(context);
        outcomes = new OutcomeCounts(context.getStateStore(CleaningTopology.OUTCOMES));
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        Record<byte[], Result> result;
        try {
            result = clean(record);
        } catch (PoisonEventException e) {
            result = deadLetter(record, e);
        }
        if (result == null) {
            outcomes.increment(Outcome.EMPTY);
            return;
        }
        if (result.value().poison()) {
            outcomes.increment(Outcome.POISON);
        }
        context().forward(result);
    }

    /** The clean document under its content hash; null if no text is left. */
    private @Nullable Record<byte[], Result> clean(Record<byte[], byte[]> record) throws PoisonEventException {
        if (record.value() == null) {
            throw new PoisonEventException("the record has no value; a document cannot be withdrawn by a tombstone");
        }
        Document document = Topic.DOCUMENTS.codec().decode(record.value(), record.headers());
        // Whatever a valid document still does to the code below depends on this document alone: never the thread's
        // end.
        try {
            NormalisedText text = NormalisedText.of(document.text());
            if (text.isEmpty()) {
                return null;
            }
            byte[] hash = text.contentHash();
            CleanDocument clean = new CleanDocument(
                    document.id(),
                    text.text(),
                    document.source(),
                    document.labels(),
                    HexFormat.of().formatHex(hash),
                    document.text().length());
            RecordHeaders headers = new RecordHeaders();
            byte[] value = Topic.CLEAN_DOCUMENTS.codec().encode(clean, "tokenizer-service", headers);
            return new Record<>(hash, new Result(false, value), record.timestamp(), headers);
        } catch (RuntimeException e) {
            throw new PoisonEventException("document " + document.id() + " cannot be cleaned: " + e.getMessage(), e);
        }
    }

    private Record<byte[], Result> deadLetter(Record<byte[], byte[]> record, PoisonEventException reason) {
        var source = context().recordMetadata().orElseThrow();
        DeadLetter letter = DeadLetter.of(
                record.value(), record.headers(), Topic.DOCUMENTS.name(), source.partition(), source.offset(), reason);
        return new Record<>(record.key(), new Result(true, letter.value()), record.timestamp(), letter.headers());
    }
}
