package io.alignstream.contracts;

import io.alignstream.contracts.access.AuditEntry;
import io.alignstream.contracts.access.EndedSession;
import io.alignstream.contracts.check.NewerEventException;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.incident.Incident;
import io.alignstream.contracts.judgement.Guideline;
import io.alignstream.contracts.messages.Reason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka topic with its event type, key and retention: the one list of topics, thread-safe constants.
 *
 * <p>The launcher creates topics from this list and a test holds the Kubernetes manifests against it.
 */
public final class Topic<T> {

    public static final Topic<Document> DOCUMENTS =
            event("documents", Document.class, "document", Retention.FOR_EVER, Document::id);
    public static final Topic<CleanDocument> CLEAN_DOCUMENTS =
            event("clean-documents", CleanDocument.class, "clean-document", Retention.FOR_EVER, CleanDocument::id);
    /** Each version has a key of its own: the token batches of several of them may stand in their topic. */
    public static final Topic<TrainedTokenizer> TOKENIZERS = event(
            "tokenizers",
            TrainedTokenizer.class,
            "trained-tokenizer",
            Retention.COMPACTED,
            tokenizer -> tokenizer.name() + "/" + tokenizer.sha256());

    /** Kafka keeps them for ever; tokenizer-service deletes those of a tokenizer that another one has replaced. */
    public static final Topic<TokenBatch> TOKEN_BATCHES = new Topic<>(
            "token-batches",
            TokenBatch.class,
            Retention.FOR_EVER,
            batch -> Integer.toString(batch.shard()),
            new TokenBatch.BinaryCodec());

    public static final Topic<Instruction> INSTRUCTIONS =
            event("instructions", Instruction.class, "instruction", Retention.FOR_EVER, Instruction::id);
    public static final Topic<Prompt> PROMPTS =
            event("prompts", Prompt.class, "prompt", Retention.FOR_EVER, Prompt::id);
    public static final Topic<Checkpoint> CHECKPOINTS = event(
            "checkpoints",
            Checkpoint.class,
            "checkpoint",
            Retention.COMPACTED,
            checkpoint -> checkpoint.stage().id() + "/" + checkpoint.run());
    /** Kept as long as the rankings, which say nothing without the request that they are of. */
    public static final Topic<RankingRequest> RANKING_REQUESTS = event(
            "ranking-requests", RankingRequest.class, "ranking-request", Retention.FOR_EVER, RankingRequest::requestId);

    public static final Topic<Ranking> RANKINGS = event(
            "rankings",
            Ranking.class,
            "ranking",
            Retention.FOR_EVER,
            ranking -> ranking.requestId() + "/" + ranking.annotator());
    public static final Topic<Guideline> GUIDELINES =
            event("guidelines", Guideline.class, "guideline", Retention.FOR_EVER, Guideline::version);
    public static final Topic<Feedback> FEEDBACK =
            event("feedback", Feedback.class, "feedback", Retention.NINETY_DAYS, Feedback::responseId);
    public static final Topic<ShadowAnswer> SHADOW_ANSWERS = event(
            "shadow-answers", ShadowAnswer.class, "shadow-answer", Retention.NINETY_DAYS, ShadowAnswer::responseId);
    public static final Topic<ModelRelease> MODEL_RELEASES = event(
            "model-releases",
            ModelRelease.class,
            "model-release",
            Retention.COMPACTED,
            release -> release.model() + "/" + release.run());
    public static final Topic<GuardDecision> GUARD_DECISIONS =
            event("guard-decisions", GuardDecision.class, "guard-decision", Retention.COMPACTED, GuardDecision::run);
    public static final Topic<StageControl> STAGE_CONTROLS =
            event("stage-controls", StageControl.class, "stage-control", Retention.COMPACTED, StageControl::stage);
    /** Kept for ever: there must be none, and a machine that computes wrong is looked for later, too. */
    public static final Topic<Incident> INCIDENTS = event(
            "incidents",
            Incident.class,
            "incident",
            Retention.COMPACTED,
            incident -> incident.stage() + "/" + incident.run() + "/" + incident.step() + "/" + incident.shard());

    public static final Topic<TrainingProgress> TRAINING_PROGRESS = event(
            "training-progress",
            TrainingProgress.class,
            "training-progress",
            Retention.ONE_DAY,
            progress -> progress.stage().id() + "/" + progress.run());

    /** Kept longer than any session lasts. */
    public static final Topic<EndedSession> ENDED_SESSIONS =
            event("ended-sessions", EndedSession.class, "ended-session", Retention.NINETY_DAYS, EndedSession::session);

    public static final Topic<AuditEntry> AUDIT_LOG =
            event("audit-log", AuditEntry.class, "audit-entry", Retention.ONE_YEAR, AuditEntry::service);

    /** Every topic, in the order of the flow. */
    public static final List<Topic<?>> ALL = List.of(
            DOCUMENTS,
            CLEAN_DOCUMENTS,
            TOKENIZERS,
            TOKEN_BATCHES,
            INSTRUCTIONS,
            PROMPTS,
            CHECKPOINTS,
            RANKING_REQUESTS,
            RANKINGS,
            GUIDELINES,
            FEEDBACK,
            SHADOW_ANSWERS,
            MODEL_RELEASES,
            GUARD_DECISIONS,
            STAGE_CONTROLS,
            INCIDENTS,
            TRAINING_PROGRESS,
            ENDED_SESSIONS,
            AUDIT_LOG);

    /** The largest record that the brokers must take, in bytes: an oversized text has to reach its dead letters. */
    public static final int MAX_RECORD_BYTES = 20 * 1024 * 1024;

    private final String name;
    private final Class<T> eventClass;
    private final Retention retention;
    private final Function<T, String> key;
    private final Codec<T> codec;

    private Topic(String name, Class<T> eventClass, Retention retention, Function<T, String> key, Codec<T> codec) {
        this.name = name;
        this.eventClass = eventClass;
        this.retention = retention;
        this.key = key;
        this.codec = codec;
    }

    private static <T> Topic<T> event(
            String name, Class<T> eventClass, String event, Retention retention, Function<T, String> key) {
        return new Topic<>(name, eventClass, retention, key, new CloudEventCodec<>(eventClass, event, 1));
    }

    public String name() {
        return name;
    }

    public Class<T> eventClass() {
        return eventClass;
    }

    public Retention retention() {
        return retention;
    }

    public Codec<T> codec() {
        return codec;
    }

    /** Name of the topic that takes this topic's poison events, original bytes and reason. */
    public String deadLetters() {
        return name + ".dead-letters";
    }

    /** The record key of {@code event}. */
    public String key(T event) {
        return key.apply(event);
    }

    /**
     * The record to send for {@code event}, with key and CloudEvents headers.
     *
     * @param source who publishes, for example {@code sft-service}
     */
    public ProducerRecord<byte[], byte[]> record(T event, String source) {
        RecordHeaders headers = new RecordHeaders();
        byte[] value = codec.encode(event, source, headers);
        return new ProducerRecord<>(name, null, key(event).getBytes(StandardCharsets.UTF_8), value, headers);
    }

    /**
     * Reads the event of {@code record}; a tombstone (null value) is not an event and must be handled before.
     *
     * @throws PoisonEventException if the record can never be processed, with the reason
     */
    public T decode(ConsumerRecord<byte[], byte[]> record) throws PoisonEventException {
        if (record.value() == null) {
            throw new PoisonEventException(Reason.of("poison.noValue"));
        }
        return codec.decode(record.value(), record.headers());
    }

    /** Why {@code record} is for a later release of this program to read; empty if it is not. */
    public Optional<Reason> newer(ConsumerRecord<byte[], byte[]> record) {
        return newer(record.value(), record.headers(), record.partition(), record.offset());
    }

    /**
     * The same of a record that is taken apart.
     *
     * @param value null for a tombstone, which has no version
     */
    public Optional<Reason> newer(byte @Nullable [] value, Headers headers, int partition, long offset) {
        return value == null
                ? Optional.empty()
                : codec.newer(value, headers).map(version -> Reason.of("event.newer")
                        .with("topic", name)
                        .with("partition", partition)
                        .with("offset", offset)
                        .with("version", version));
    }

    /**
     * Ends whoever would pass a record over that is for a later release.
     *
     * @throws NewerEventException if it is
     */
    public void requireKnown(byte @Nullable [] value, Headers headers, int partition, long offset) {
        newer(value, headers, partition, offset).ifPresent(reason -> {
            throw new NewerEventException(reason);
        });
    }

    @Override
    public String toString() {
        return name;
    }

    /** Turns events of one type into record bytes and back; implementations are thread-safe. */
    public interface Codec<T> {

        /** The record value of {@code event}; its CloudEvents attributes are added to {@code headers}. */
        byte[] encode(T event, String source, Headers headers);

        /** Adds the headers that {@link #encode} adds, for a value that was encoded before. */
        default void stamp(String source, Headers headers) {}

        /**
         * Reads an event.
         *
         * @throws PoisonEventException if the bytes or headers do not make a valid event, with the reason
         */
        T decode(byte[] value, Headers headers) throws PoisonEventException;

        /** The version of an event of this name if it is later than the one that is read here. */
        Optional<String> newer(byte[] value, Headers headers);
    }

    /** How long a topic keeps its records. */
    public enum Retention {
        /** A log: a manifest may refer to any offset. */
        FOR_EVER("delete", -1),
        /** A registry: the newest record of each key. */
        COMPACTED("compact", -1),
        ONE_YEAR("delete", 365L * 24 * 3_600_000),
        NINETY_DAYS("delete", 90L * 24 * 3_600_000),
        ONE_DAY("delete", 24L * 3_600_000);

        private final String cleanupPolicy;
        private final long milliseconds;

        Retention(String cleanupPolicy, long milliseconds) {
            this.cleanupPolicy = cleanupPolicy;
            this.milliseconds = milliseconds;
        }

        /** Value of the topic setting {@code cleanup.policy}. */
        public String cleanupPolicy() {
            return cleanupPolicy;
        }

        /** Value of the topic setting {@code retention.ms}; -1 means for ever. */
        public long milliseconds() {
            return milliseconds;
        }
    }
}
