package io.alignstream.contracts;

import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.access.AuditEntry;
import io.alignstream.contracts.access.EndedSession;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.incident.Incident;
import io.alignstream.contracts.judgement.Guideline;
import io.alignstream.contracts.messages.Reason;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** One event for each topic, every field filled: what the golden files hold. */
final class Samples {

    static final String HASH = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static final Reference REFERENCE =
            new Reference(URI.create("s3://models/sft/4f2a/0000000100-0123456789ab"), HASH, 5_300_000_000L);
    private static final DatasetSnapshot DATASET = new DatasetSnapshot(
            "clean-documents", List.of(new PartitionRange(0, 0, 9_000_000_000L), new PartitionRange(1, 5, 5)));
    private static final List<Message> MESSAGES = List.of(
            new Message(Message.Role.SYSTEM, "Answer in one sentence."),
            Message.user("How far is the moon?"),
            Message.assistant("About 384,000 km."),
            Message.user("And the sun? 🌞"));
    private static final Map<String, String> LABELS = Map.of("language", "en", "licence", "");

    private Samples() {}

    static Map<Topic<?>, Object> all() {
        Map<Topic<?>, Object> events = new LinkedHashMap<>();
        events.put(
                Topic.DOCUMENTS,
                new Document("doc-1", "Once upon a time,\n\tthere was a \"quoted\" fox. 中文 🦊", "a book", LABELS));
        events.put(
                Topic.CLEAN_DOCUMENTS,
                new CleanDocument("doc-1", "Once upon a time, there was a fox.", "a book", LABELS, HASH, 47));
        events.put(Topic.TOKENIZERS, new TrainedTokenizer("alignstream", REFERENCE, 2_048, HASH, DATASET));
        events.put(
                Topic.TOKEN_BATCHES,
                new TokenBatch(
                        HASH,
                        3,
                        TokenBatch.Split.VALIDATION,
                        9_000_000_000L,
                        4,
                        new int[] {0, 1, 2, 65_535, 4, 5, 6, 7},
                        1,
                        8_000_000_000L,
                        true));
        events.put(
                Topic.INSTRUCTIONS,
                new Instruction(
                        "instruction-1", MESSAGES, List.of("About 150 million km.", "One astronomical unit."), LABELS));
        events.put(Topic.PROMPTS, new Prompt("prompt-1", MESSAGES, LABELS));
        events.put(
                Topic.CHECKPOINTS,
                new Checkpoint(
                        Stage.SFT,
                        "4f2a",
                        100,
                        REFERENCE,
                        Map.of("base", REFERENCE, "tokenizer", REFERENCE),
                        List.of(DATASET),
                        Map.of("validationLoss", 1.25, "objective/kl", -1e-9)));
        events.put(
                Topic.RANKING_REQUESTS,
                new RankingRequest("request-1", MESSAGES, List.of("Far.", "Near.", ""), REFERENCE, LABELS));
        events.put(
                Topic.RANKINGS,
                new Ranking(
                        "request-1",
                        "ann",
                        List.of(List.of(2), List.of(0, 1)),
                        List.of(2.5, 2.5, 5.0),
                        List.of("", "vague", "right"),
                        "v1"));
        events.put(Topic.GUIDELINES, new Guideline("v2", "# Be fair\n\nTrue before **friendly**.", "Ann"));
        events.put(
                Topic.FEEDBACK,
                new Feedback("response-1", Feedback.Thumb.DOWN, MESSAGES, "Near.", "150 million km.", HASH));
        events.put(
                Topic.SHADOW_ANSWERS,
                new ShadowAnswer(
                        "response-1",
                        MESSAGES,
                        new ShadowAnswer.Answer(HASH, "Near.", true),
                        new ShadowAnswer.Answer(HASH.replace('0', '1'), "150 million km.", false),
                        new ShadowAnswer.Judgement(HASH, -0.25, 1.5)));
        events.put(
                Topic.MODEL_RELEASES,
                new ModelRelease(
                        "alignstream",
                        ModelRelease.Verdict.ROLLED_BACK,
                        REFERENCE,
                        "4f2a",
                        Map.of("winRate", 0.62),
                        "The win rate fell below 0.5 on live prompts."));
        events.put(
                Topic.GUARD_DECISIONS,
                new GuardDecision(
                        "77aa",
                        GuardDecision.Verdict.ENDED,
                        "over-optimisation",
                        List.of("objective/scores", "heldOut/judgeScores"),
                        10,
                        20,
                        Reason.of("guard.overOptimisation").with("since", 10).with("judge", -0.5),
                        "The answers became lists.",
                        "Ann"));
        events.put(
                Topic.STAGE_CONTROLS,
                new StageControl(
                        "sft",
                        true,
                        7,
                        List.of(new StageControl.Run(
                                "77aa", true, 2, 1, Reason.of("stage.noResult").with("run", "77aa")))));
        events.put(
                Topic.INCIDENTS,
                new Incident(
                        "pretrain",
                        "77aa",
                        120,
                        2,
                        new Incident.Computed(
                                "3f9a1c20", "10.0.0.7:41001", HASH, Map.of("processor", "Xeon", "threads", "2")),
                        new Incident.Computed(
                                "5b11e0d4",
                                "10.0.0.8:41002",
                                "cd".repeat(32),
                                Map.of("processor", "Xeon", "threads", "2"))));
        events.put(
                Topic.TRAINING_PROGRESS,
                new TrainingProgress(
                        Stage.RLHF,
                        "77aa",
                        "sample",
                        12,
                        400,
                        93.5,
                        Map.of("loss", 2.75, "tokensPerSecond", 12_000.0)));
        events.put(Topic.ENDED_SESSIONS, new EndedSession(HASH, 1_764_446_793_123L, 1_764_489_993_123L));
        events.put(
                Topic.AUDIT_LOG,
                new AuditEntry(
                        1_764_446_793_123L,
                        "sft-service",
                        "ann",
                        AuditEntry.Mechanism.KEY,
                        "3f9a1c20",
                        "10.0.0.7",
                        "POST",
                        "/job/cancel",
                        202,
                        AuditEntry.Outcome.DONE));
        return events;
    }

    @SuppressWarnings("unchecked")
    static <T> ProducerRecord<byte[], byte[]> encode(Topic<T> topic, Object event) {
        return topic.record((T) event, "a-test");
    }

    static ConsumerRecord<byte[], byte[]> consumed(ProducerRecord<byte[], byte[]> sent) {
        return consumed(sent.topic(), sent.value(), sent.headers());
    }

    /** A record as a consumer sees it, with the headers that the topic's events have. */
    static ConsumerRecord<byte[], byte[]> consumed(Topic<?> topic, byte[] value) {
        Headers headers = encode(topic, event(topic)).headers();
        return consumed(topic.name(), value, headers);
    }

    static ConsumerRecord<byte[], byte[]> consumed(String topic, byte[] value, Headers headers) {
        return new ConsumerRecord<>(
                topic,
                0,
                0,
                0,
                TimestampType.CREATE_TIME,
                0,
                value.length,
                new byte[0],
                value,
                new RecordHeaders(headers),
                Optional.empty());
    }

    static Object event(Topic<?> topic) {
        Object event = all().get(topic);
        if (event == null) {
            throw new AssertionError("add a sample for the topic " + topic);
        }
        return event;
    }
}
