package io.alignstream.tokenizer;

import io.alignstream.contracts.Topic;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;

/**
 * {@code documents} → decode → normalise → drop empty texts → by content hash → drop exact duplicates → {@code
 * clean-documents}.
 *
 * <p>The step by content hash is a topic of its own: two documents with the same text meet on the same partition
 * whatever their ids are, and the earlier one in that topic survives. With one partition it keeps the order of {@code
 * documents}. Undecodable records go to {@code documents.dead-letters} in the same transaction.
 *
 * <p>Left out so far: near duplicates, language and quality filters.
 */
final class CleaningTopology {

    static final String APPLICATION_ID = "alignstream-clean";
    static final String OUTCOMES = "cleaning-outcomes";
    static final String DUPLICATE_OUTCOMES = "deduplication-outcomes";
    private static final String BY_HASH = "by-content-hash";

    /** Names of the stores that count outcomes. */
    static final List<String> OUTCOME_STORES = List.of(OUTCOMES, DUPLICATE_OUTCOMES);

    /** The topic between normalising and dropping duplicates. */
    static final String BY_HASH_TOPIC = APPLICATION_ID + "-" + BY_HASH + "-repartition";

    private CleaningTopology() {}

    /** Topics that must exist before the topology starts. */
    static Set<String> topics() {
        return Set.of(Topic.DOCUMENTS.name(), Topic.DOCUMENTS.deadLetters(), Topic.CLEAN_DOCUMENTS.name());
    }

    static Topology build() {
        Serde<byte[]> bytes = Serdes.ByteArray();
        StreamsBuilder builder = new StreamsBuilder();
        KStream<byte[], CleaningProcessor.Result> results = builder.stream(
                        Topic.DOCUMENTS.name(), Consumed.with(bytes, bytes))
                .process(new Cleaning(), Named.as("clean"));
        results.filter((key, result) -> result.poison(), Named.as("poison"))
                .mapValues(CleaningProcessor.Result::value)
                .to(Topic.DOCUMENTS.deadLetters(), Produced.with(bytes, bytes));
        results.filterNot((key, result) -> result.poison(), Named.as("clean-texts"))
                .mapValues(CleaningProcessor.Result::value)
                .repartition(Repartitioned.with(bytes, bytes).withName(BY_HASH))
                .process(new Deduplication(), Named.as("deduplicate"))
                .to(Topic.CLEAN_DOCUMENTS.name(), Produced.with(bytes, bytes));
        return builder.build();
    }

    private record Cleaning() implements ProcessorSupplier<byte[], byte[], byte[], CleaningProcessor.Result> {
        @Override
        public CleaningProcessor get() {
            return new CleaningProcessor();
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            return Set.of(OutcomeCounts.store(OUTCOMES));
        }
    }

    private record Deduplication() implements ProcessorSupplier<byte[], byte[], byte[], byte[]> {
        @Override
        public DeduplicationProcessor get() {
            return new DeduplicationProcessor();
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            return Set.of(DeduplicationProcessor.store(), OutcomeCounts.store(DUPLICATE_OUTCOMES));
        }
    }
}
