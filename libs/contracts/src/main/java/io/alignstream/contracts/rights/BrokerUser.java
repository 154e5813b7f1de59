package io.alignstream.contracts.rights;

import static org.apache.kafka.common.acl.AclOperation.CREATE;
import static org.apache.kafka.common.acl.AclOperation.DELETE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.Topic.Retention;
import io.alignstream.contracts.workers.WorkerShards;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Who comes to the brokers, and what they may do there: the one list of rights, from which the Kubernetes manifests are
 * checked. What is not in it is refused where the brokers ask.
 *
 * <p>Read and Write include Describe, as everywhere in Kafka. That a producer is idempotent needs no right of its own:
 * who may write to any topic may be.
 *
 * @param name the user's name at the brokers; a service's is its own
 * @param rights what the user may do with which resource
 */
public record BrokerUser(String name, Map<ResourcePattern, Set<AclOperation>> rights) {

    /** Group of the topology that cleans documents; its internal topics and transactions begin with it and a hyphen. */
    public static final String CLEANING = "alignstream-clean";

    /** What the groups, internal topics and transactions of the topologies that pack begin with: one for each tokenizer. */
    public static final String PACKING = "alignstream-pack-";

    /** The topic between two steps of cleaning, whose records are deleted when they have been read. */
    public static final String BY_BAND = CLEANING + "-by-band-repartition";

    /**
     * Services that may be taken away while they have nothing to do, with the topics whose news can make a run of theirs due. Not
     * reward-service, at whose page people rank.
     */
    public static final Map<Stage, List<Topic<?>>> AWAKENED_BY = Map.of(
            Stage.PRETRAIN, List.of(Topic.TOKENIZERS, Topic.TOKEN_BATCHES),
            Stage.SFT, List.of(Topic.CHECKPOINTS, Topic.INSTRUCTIONS),
            Stage.RLHF, List.of(Topic.CHECKPOINTS));

    /** Who sees how far these services have read, and starts them again. */
    public static final BrokerUser AUTOSCALER = autoscaler();

    /** The people who bring data in and look into topics with Kafka's own tools; their groups begin with the name. */
    public static final BrokerUser OPERATOR = operator();

    public BrokerUser {
        if (name.isBlank() || rights.isEmpty()) {
            throw new IllegalArgumentException("a user has a name and rights but this one is " + name + ", " + rights);
        }
        rights = Collections.unmodifiableMap(new LinkedHashMap<>(rights));
    }

    /** Every user: the services, {@link #AUTOSCALER} and {@link #OPERATOR}. */
    public static List<BrokerUser> all() {
        return Stream.concat(Arrays.stream(Stage.values()).map(BrokerUser::of), Stream.of(AUTOSCALER, OPERATOR))
                .toList();
    }

    /** The user that {@code stage}'s service is. */
    public static BrokerUser of(Stage stage) {
        Rights rights = new Rights()
                .follow(Topic.STAGE_CONTROLS, Topic.ENDED_SESSIONS)
                .publish(Topic.STAGE_CONTROLS, Topic.ENDED_SESSIONS, Topic.TRAINING_PROGRESS, Topic.AUDIT_LOG)
                .group(stage.service());
        switch (stage) {
            case TOKENIZER ->
                rights.follow(Topic.CLEAN_DOCUMENTS, Topic.TOKENIZERS)
                        .publish(Topic.CLEAN_DOCUMENTS, Topic.TOKENIZERS, Topic.TOKEN_BATCHES)
                        .clean()
                        .pack();
            case PRETRAIN ->
                rights.follow(Topic.TOKENIZERS, Topic.TOKEN_BATCHES, Topic.CHECKPOINTS)
                        .collect()
                        .work(stage)
                        .publish(Topic.CHECKPOINTS);
            case SFT ->
                rights.follow(Topic.INSTRUCTIONS, Topic.CHECKPOINTS, Topic.PROMPTS)
                        .collect()
                        .work(stage)
                        .publish(Topic.CHECKPOINTS);
            case REWARD ->
                rights.follow(
                                Topic.CHECKPOINTS,
                                Topic.PROMPTS,
                                Topic.RANKING_REQUESTS,
                                Topic.RANKINGS,
                                Topic.GUIDELINES)
                        .collect()
                        .work(stage)
                        .publish(Topic.RANKING_REQUESTS, Topic.RANKINGS, Topic.GUIDELINES, Topic.CHECKPOINTS);
            case RLHF ->
                rights.follow(
                                Topic.CHECKPOINTS,
                                Topic.PROMPTS,
                                Topic.MODEL_RELEASES,
                                Topic.RANKING_REQUESTS,
                                Topic.RANKINGS,
                                Topic.TRAINING_PROGRESS,
                                Topic.GUARD_DECISIONS)
                        .read(Topic.INSTRUCTIONS)
                        .work(stage)
                        .publish(Topic.CHECKPOINTS, Topic.MODEL_RELEASES, Topic.GUARD_DECISIONS);
            case INFERENCE ->
                rights.follow(Topic.MODEL_RELEASES, Topic.FEEDBACK, Topic.SHADOW_ANSWERS, Topic.PROMPTS)
                        .lineage()
                        .overview()
                        .publish(
                                Topic.FEEDBACK,
                                Topic.SHADOW_ANSWERS,
                                Topic.RANKING_REQUESTS,
                                Topic.RANKINGS,
                                Topic.INSTRUCTIONS,
                                Topic.PROMPTS,
                                Topic.MODEL_RELEASES);
        }
        return new BrokerUser(stage.service(), rights.given);
    }

    private static BrokerUser operator() {
        String name = "operator";
        Rights rights = new Rights()
                .publish(Topic.DOCUMENTS, Topic.INSTRUCTIONS, Topic.PROMPTS, Topic.RANKING_REQUESTS, Topic.RANKINGS)
                .allow(ResourceType.GROUP, PatternType.PREFIXED, name + "-", READ)
                .allow(ResourceType.GROUP, PatternType.LITERAL, ResourcePattern.WILDCARD_RESOURCE, DESCRIBE)
                .topic(WorkerShards.TOPIC, DESCRIBE);
        for (Topic<?> topic : Topic.ALL) {
            rights.read(topic).topic(topic.deadLetters(), READ);
        }
        return new BrokerUser(name, rights.given);
    }

    private static BrokerUser autoscaler() {
        Rights rights = new Rights();
        AWAKENED_BY.forEach((stage, topics) -> {
            rights.describe(stage.service());
            topics.forEach(topic -> rights.topic(topic.name(), DESCRIBE));
        });
        return new BrokerUser("autoscaler", rights.given);
    }

    /** What the user may do with the resource {@code name}; empty if nothing. */
    public Set<AclOperation> operations(ResourceType type, String name) {
        Set<AclOperation> operations = EnumSet.noneOf(AclOperation.class);
        rights.forEach((pattern, allowed) -> {
            boolean prefix = pattern.patternType() == PatternType.PREFIXED && name.startsWith(pattern.name());
            if (pattern.resourceType() == type && (prefix || pattern.name().equals(name))) {
                operations.addAll(allowed);
            }
        });
        return operations;
    }

    /** Rights that are being put together. */
    private static final class Rights {

        private final Map<ResourcePattern, Set<AclOperation>> given = new LinkedHashMap<>();

        private Rights allow(ResourceType type, PatternType pattern, String name, AclOperation... operations) {
            given.computeIfAbsent(new ResourcePattern(type, name, pattern), key -> EnumSet.noneOf(AclOperation.class))
                    .addAll(List.of(operations));
            return this;
        }

        private Rights topic(String name, AclOperation... operations) {
            return allow(ResourceType.TOPIC, PatternType.LITERAL, name, operations);
        }

        /** Reads into the view. A dead letter is looked for in its topic before it is written there. */
        private Rights follow(Topic<?>... topics) {
            for (Topic<?> topic : topics) {
                read(topic).topic(topic.deadLetters(), READ, WRITE);
            }
            return this;
        }

        private Rights read(Topic<?> topic) {
            return topic(topic.name(), READ);
        }

        /** Reads what of the store is needed: who trains deletes the rest. */
        private Rights collect() {
            return read(Topic.CHECKPOINTS).read(Topic.MODEL_RELEASES);
        }

        /**
         * Trains runs with other workers of the stage: joins their group, puts those out of it that are lost, and tells of
         * those that come to other bits.
         */
        private Rights work(Stage stage) {
            return follow(Topic.INCIDENTS)
                    .publish(Topic.INCIDENTS)
                    .topic(WorkerShards.TOPIC, READ)
                    .allow(ResourceType.GROUP, PatternType.PREFIXED, WorkerShards.groups(stage), READ);
        }

        private Rights publish(Topic<?>... topics) {
            for (Topic<?> topic : topics) {
                topic(topic.name(), WRITE);
            }
            return this;
        }

        private Rights group(String name) {
            return allow(ResourceType.GROUP, PatternType.LITERAL, name, READ);
        }

        private Rights describe(String group) {
            return allow(ResourceType.GROUP, PatternType.LITERAL, group, DESCRIBE);
        }

        private Rights clean() {
            return read(Topic.DOCUMENTS)
                    .topic(Topic.DOCUMENTS.deadLetters(), WRITE)
                    .group(CLEANING)
                    .topic(BY_BAND, DELETE)
                    .internals(CLEANING + "-");
        }

        /** And deletes what was packed for tokenizers that another one has replaced. */
        private Rights pack() {
            return allow(ResourceType.GROUP, PatternType.PREFIXED, PACKING, READ, DELETE)
                    .internals(PACKING)
                    .allow(ResourceType.TOPIC, PatternType.PREFIXED, PACKING, DELETE)
                    .topic(Topic.TOKEN_BATCHES.name(), DELETE);
        }

        /** What Kafka Streams makes for itself: changelogs, topics between steps, transactions. */
        private Rights internals(String prefix) {
            return allow(ResourceType.TOPIC, PatternType.PREFIXED, prefix, READ, WRITE, CREATE)
                    .allow(ResourceType.TRANSACTIONAL_ID, PatternType.PREFIXED, prefix, WRITE);
        }

        /** What datasets are of: an answer's lineage shows what models have learned from, but no token batches. */
        private Rights lineage() {
            Topic.ALL.stream()
                    .filter(topic -> topic.retention() == Retention.FOR_EVER && topic != Topic.TOKEN_BATCHES)
                    .forEach(this::read);
            return this;
        }

        /** What the overview tells: the registries, what runs say, how long topics are, and how far services have read. */
        private Rights overview() {
            for (Topic<?> topic : Topic.ALL) {
                topic(topic.name(), DESCRIBE).topic(topic.deadLetters(), DESCRIBE);
            }
            for (Stage stage : Stage.values()) {
                describe(stage.service());
            }
            return describe(CLEANING)
                    .read(Topic.TOKENIZERS)
                    .read(Topic.CHECKPOINTS)
                    .read(Topic.GUARD_DECISIONS)
                    .read(Topic.TRAINING_PROGRESS);
        }
    }
}
