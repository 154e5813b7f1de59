package io.alignstream.tokenizer.cleaning;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.tokenizer.cleaning.CleaningProcessor.Result;
import io.alignstream.tokenizer.cleaning.CleaningProcessor.Route;
import io.alignstream.tokenizer.documents.DocumentStatistics;
import io.alignstream.tokenizer.streams.ReadPositions;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;

/**
 * {@code documents} → decode → clean → drop duplicates → {@code clean-documents}.
 *
 * <p>Where {@code documents} has one partition, one step does it all, in the order of the documents. With several:
 *
 * <pre>
 * documents ──► clean, put aside ──► keys by band ──► first with this key? ──► verdicts
 *                     ▲                                                           │
 *                     └────────────── publish or drop, in order ◄─────────────────┘
 * </pre>
 *
 * <p>A text stays on the partition of {@code documents} where it came in; only its keys travel: one for the exact text,
 * 14 for its bands. Two documents with a common key meet on the same band partition whatever their ids and partitions
 * are, and the earlier one in the order of their times survives. Undecodable records go to {@code documents.dead-letters} in the same transaction.
 */
public final class CleaningTopology {

    /** Name of its consumer group and of its internal topics. */
    public static final String APPLICATION_ID = BrokerUser.CLEANING;

    private static final String BY_BAND = "by-band";

    /** The topic between announcing a document's keys and looking for earlier ones. */
    static final String BY_BAND_TOPIC = BrokerUser.BY_BAND;

    /** The topic of the answers; a cycle, so Kafka Streams cannot create it by itself. */
    static final String VERDICTS = APPLICATION_ID + "-verdicts";

    private CleaningTopology() {}

    /** Topics that must exist before the topology starts. */
    public static Set<String> topics() {
        return Set.of(Topic.DOCUMENTS.name(), Topic.DOCUMENTS.deadLetters(), Topic.CLEAN_DOCUMENTS.name());
    }

    /** The topology that cleans by {@code plan}. */
    public static Topology build(CleaningPlan plan) {
        return build(plan, (at, record, cause) -> {});
    }

    /** The same; {@code poison} hears of documents that cannot be cleaned. */
    public static Topology build(CleaningPlan plan, CleaningProcessor.Poison poison) {
        Serde<byte[]> bytes = Serdes.ByteArray();
        StreamsBuilder builder = new StreamsBuilder();
        List<String> sources =
                plan.merges() ? List.of(Topic.DOCUMENTS.name(), VERDICTS) : List.of(Topic.DOCUMENTS.name());
        KStream<byte[], Result> results = builder.stream(
                        sources, Consumed.with(bytes, bytes).withOffsetResetPolicy(AutoOffsetReset.none()))
                .process(new Cleaning(plan, poison), Named.as("clean"));
        on(results, Route.DEAD_LETTERS).to(Topic.DOCUMENTS.deadLetters(), Produced.with(bytes, bytes));
        on(results, Route.CLEAN_DOCUMENTS).to(Topic.CLEAN_DOCUMENTS.name(), Produced.with(bytes, bytes));
        if (plan.merges()) {
            findAcrossPartitions(on(results, Route.BANDS), plan);
        }
        return builder.build();
    }

    private static void findAcrossPartitions(KStream<byte[], byte[]> candidates, CleaningPlan plan) {
        Serde<byte[]> bytes = Serdes.ByteArray();
        StreamPartitioner<byte[], byte[]> byKey = (topic, key, value, partitions) ->
                Optional.of(Set.of(ByteBuffer.wrap(key).getInt()));
        candidates
                .repartition(Repartitioned.with(bytes, bytes)
                        .withName(BY_BAND)
                        .withNumberOfPartitions(plan.partitions())
                        .withStreamPartitioner(byKey))
                .process(new Bands(plan), Named.as("find-duplicates"))
                .to(VERDICTS, Produced.with(bytes, bytes).withStreamPartitioner(byKey));
    }

    private static KStream<byte[], byte[]> on(KStream<byte[], Result> results, Route route) {
        return results.filter((key, result) -> result.route() == route, Named.as("for-" + name(route)))
                .mapValues(Result::value, Named.as("value-for-" + name(route)));
    }

    private static String name(Route route) {
        return route.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    private record Cleaning(CleaningPlan plan, CleaningProcessor.Poison poison)
            implements ProcessorSupplier<byte[], byte[], byte[], Result> {
        @Override
        public Processor<byte[], byte[], byte[], Result> get() {
            return plan.merges() ? new PartitionedCleaning(plan, poison) : new OnePartitionCleaning(plan, poison);
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            Set<StoreBuilder<?>> stores = new HashSet<>();
            stores.add(DocumentStatistics.counts());
            stores.add(DocumentStatistics.samples());
            stores.add(ReadPositions.store(CleaningProcessor.POSITIONS));
            if (plan.merges()) {
                stores.addAll(PendingDocuments.stores());
                stores.add(SourceClock.store());
            } else {
                stores.add(FirstOfKey.store());
            }
            return stores;
        }
    }

    private record Bands(CleaningPlan plan) implements ProcessorSupplier<byte[], byte[], byte[], byte[]> {
        @Override
        public Processor<byte[], byte[], byte[], byte[]> get() {
            return new BandProcessor(plan);
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            return new HashSet<>(BandProcessor.stores());
        }
    }
}
