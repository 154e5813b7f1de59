package io.alignstream.tokenizer.cleaning;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.tracing.Traceparent;
import io.alignstream.stageruntime.letters.DeadLetter;
import io.alignstream.textcleaning.Fault;
import io.alignstream.textcleaning.LanguageIdentifier;
import io.alignstream.textcleaning.Rule;
import io.alignstream.textcleaning.TextCleaner;
import io.alignstream.tokenizer.cleaning.PendingDocuments.Pending;
import io.alignstream.tokenizer.documents.DocumentStatistics;
import io.alignstream.tokenizer.documents.Outcome;
import io.alignstream.tokenizer.streams.ReadPositions;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Decodes and cleans the documents of one partition, and publishes or drops them when it is known whether they are
 * duplicates. How that becomes known is a matter of the subclass.
 */
abstract class CleaningProcessor extends ContextualProcessor<byte[], byte[], byte[], CleaningProcessor.Result> {

    /** Hears of documents that can never be cleaned; their dead letters travel in the topology's transaction. */
    @FunctionalInterface
    public interface Poison {

        /** {@code record} is poison; heard again if the transaction is aborted. Does not throw: that would end the thread. */
        void found(RecordMetadata at, Record<byte[], byte[]> record, PoisonEventException cause);
    }

    /** Where a result goes. */
    enum Route {
        DEAD_LETTERS,
        BANDS,
        CLEAN_DOCUMENTS
    }

    /** What goes on: a record value for one of the routes. */
    record Result(Route route, byte @Nullable [] value) {}

    static final String POSITIONS = "cleaned-positions";
    private static final String SOURCE = "tokenizer-service";

    private final Poison poison;
    private final TextCleaner cleaner;
    private final DuplicateKeys duplicateKeys;

    @SuppressWarnings("NullAway.Init")
    private DocumentStatistics statistics;

    @SuppressWarnings("NullAway.Init")
    private ReadPositions positions;

    CleaningProcessor(CleaningPlan plan, Poison poison) {
        this.poison = poison;
        this.cleaner = new TextCleaner(plan.profile(), plan.decontamination());
        this.duplicateKeys = new DuplicateKeys(plan.profile(), plan.partitions());
    }

    @Override
    public void init(ProcessorContext<byte[], Result> context) {
        super.init(context);
        statistics = new DocumentStatistics(
                context.getStateStore(DocumentStatistics.COUNTS), context.getStateStore(DocumentStatistics.SAMPLES));
        positions = new ReadPositions(context.getStateStore(POSITIONS), context);
    }

    @Override
    public final void process(Record<byte[], byte[]> record) {
        RecordMetadata at = context().recordMetadata().orElseThrow();
        if (positions.isNew(at)) {
            take(record, at);
        }
    }

    /** Takes a record that was never read before. */
    void take(Record<byte[], byte[]> record, RecordMetadata at) {
        try {
            clean(record, at.offset());
        } catch (PoisonEventException e) {
            DeadLetter.Place place = new DeadLetter.Place(at.topic(), at.partition(), at.offset());
            DeadLetter letter = DeadLetter.of(
                    Stage.TOKENIZER, new DeadLetter.Original(record.key(), record.value(), record.headers(), place), e);
            statistics.outcome(Outcome.POISON);
            poison.found(at, record, e);
            Result result = new Result(Route.DEAD_LETTERS, letter.value());
            context().forward(new Record<>(letter.key(), result, record.timestamp(), letter.headers()));
        }
    }

    /**
     * Takes a document that has passed all rules about single texts.
     *
     * @param keys its duplicate keys by band partition; empty if no rule about duplicates is on
     */
    abstract void cleaned(long offset, Pending document, Map<Integer, List<byte[]>> keys, long timestamp);

    private void clean(Record<byte[], byte[]> record, long offset) throws PoisonEventException {
        if (record.value() == null) {
            throw new PoisonEventException(Reason.of("poison.noDocument"));
        }
        RecordMetadata at = context().recordMetadata().orElseThrow();
        Topic.DOCUMENTS.requireKnown(record.value(), record.headers(), at.partition(), at.offset());
        Document document = Topic.DOCUMENTS.codec().decode(record.value(), record.headers());
        statistics.arrived(record.value().length);
        TextCleaner.Result cleaned;
        CleanDocument clean = null;
        byte[] hash = new byte[0];
        // Whatever a valid document does to the rules depends on this document alone: never the thread's end.
        try {
            cleaned = cleaner.clean(document.text());
            if (cleaned instanceof TextCleaner.Kept kept) {
                hash = Sha256.bytes(kept.text().text());
                clean = clean(document, kept, hash);
            }
        } catch (RuntimeException | StackOverflowError e) {
            throw new PoisonEventException(
                    Reason.of("poison.notCleaned")
                            .with("document", document.id())
                            .with("detail", e.getMessage() == null ? e.toString() : e.getMessage()),
                    e);
        }
        cleaned.applied().forEach(statistics::applied);
        if (cleaned instanceof TextCleaner.Dropped dropped) {
            statistics.dropped(
                    dropped.rule(), document.id(), reason(dropped.fault()), () -> cleaner.shown(document.text()));
        } else if (cleaned instanceof TextCleaner.Kept kept && clean != null) {
            Pending passed = pending(clean, kept.language(), Traceparent.of(record.headers()));
            cleaned(offset, passed, duplicateKeys.of(clean.text(), hash), record.timestamp());
        }
    }

    private static Reason reason(Fault fault) {
        return new Reason("fault." + fault.name(), fault.figures());
    }

    /** What is published of a document that passes. */
    static CleanDocument clean(Document document, TextCleaner.Kept kept, byte[] hash) {
        return new CleanDocument(
                document.id(),
                kept.text().text(),
                document.source(),
                labels(document.labels(), kept.language()),
                HexFormat.of().formatHex(hash),
                document.text().length());
    }

    /** The document's own labels and its language, unless it names one or nothing more fits in. */
    private static Map<String, String> labels(Map<String, String> own, String language) {
        if (language.equals(LanguageIdentifier.UNKNOWN) || own.containsKey("language") || own.size() >= 64) {
            return own;
        }
        Map<String, String> labels = new HashMap<>(own);
        labels.put("language", language);
        return labels;
    }

    private static Pending pending(CleanDocument clean, String language, Optional<Traceparent> trace) {
        byte[] value = Topic.CLEAN_DOCUMENTS.codec().encode(clean, SOURCE, new RecordHeaders());
        int bytes = clean.text().getBytes(StandardCharsets.UTF_8).length;
        return new Pending(clean.id(), language, bytes, value, trace);
    }

    /** Publishes or drops {@code document}. */
    final void release(Pending document, Verdict verdict, long timestamp) {
        Rule rule = verdict.duplicate();
        if (rule != null) {
            String first = verdict.firstPartition() + "/" + verdict.firstOffset();
            String text = decode(document.value()).text();
            statistics.dropped(
                    rule,
                    document.id(),
                    Reason.of("fault.duplicate").with("document", "documents/" + first),
                    () -> text);
            statistics.duplicate(first, document.id(), text);
            return;
        }
        statistics.kept(document.language(), document.bytes(), document.id(), () -> decode(document.value())
                .text());
        RecordHeaders headers = new RecordHeaders();
        Topic.CLEAN_DOCUMENTS.codec().stamp(SOURCE, headers);
        document.trace().ifPresent(trace -> trace.stamp(headers));
        byte[] key = document.id().getBytes(StandardCharsets.UTF_8);
        Result result = new Result(Route.CLEAN_DOCUMENTS, document.value());
        context().forward(new Record<>(key, result, timestamp, headers));
    }

    private static CleanDocument decode(byte[] value) {
        RecordHeaders headers = new RecordHeaders();
        Topic.CLEAN_DOCUMENTS.codec().stamp(SOURCE, headers);
        try {
            return Topic.CLEAN_DOCUMENTS.codec().decode(value, headers);
        } catch (PoisonEventException e) {
            throw new IllegalStateException("our own store " + PendingDocuments.TEXTS + " holds: " + e, e);
        }
    }
}
