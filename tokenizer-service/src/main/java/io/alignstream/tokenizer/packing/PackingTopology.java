package io.alignstream.tokenizer.packing;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.languagemodel.capacity.FolderCache;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.tokenizer.streams.ReadPositions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;

/**
 * {@code clean-documents} → encode → pack → {@code token-batches}, for one tokenizer version.
 *
 * <p>Each document's ids and the end-of-document token are put one after the other and cut into sequences: short
 * documents share a sequence, long ones span several. Partition p of {@code clean-documents} makes shard p.
 */
public final class PackingTopology {

    private PackingTopology() {}

    /** A new tokenizer version is a new application, which reads {@code clean-documents} from the start. */
    public static String applicationId(String tokenizerSha256) {
        return BrokerUser.PACKING + tokenizerSha256.substring(0, 12);
    }

    /**
     * Deletes what other tokenizers' applications have on this disk: what lies there is a copy of what lies in Kafka.
     *
     * @param applicationId of the one that packs
     */
    public static void forgetOthers(Path stateDirectory, String applicationId) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(stateDirectory, BrokerUser.PACKING + "*")) {
            for (Path folder : folders) {
                if (!folder.endsWith(applicationId)) {
                    FolderCache.delete(folder);
                }
            }
        } catch (NoSuchFileException e) {
            return; // nothing was packed here yet
        }
    }

    /** Topics that must exist before the topology starts. */
    public static Set<String> topics() {
        return Set.of(Topic.CLEAN_DOCUMENTS.name(), Topic.TOKEN_BATCHES.name());
    }

    /** The topology that packs with {@code tokenizer}, which was learned from {@code snapshot}. */
    public static Topology build(Tokenizer tokenizer, DatasetSnapshot snapshot, Packing packing) {
        Serde<byte[]> bytes = Serdes.ByteArray();
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(
                        Topic.CLEAN_DOCUMENTS.name(),
                        Consumed.with(bytes, bytes).withOffsetResetPolicy(AutoOffsetReset.none()))
                .process(new Packer(tokenizer, snapshot, packing), Named.as("pack"))
                .to(
                        Topic.TOKEN_BATCHES.name(),
                        Produced.with(bytes, bytes)
                                .withStreamPartitioner((topic, shard, batch, partitions) ->
                                        Optional.of(Set.of(shard(shard) % partitions))));
        return builder.build();
    }

    private static int shard(byte[] key) {
        return Integer.parseInt(new String(key, StandardCharsets.UTF_8));
    }

    private record Packer(Tokenizer tokenizer, DatasetSnapshot snapshot, Packing packing)
            implements ProcessorSupplier<byte[], byte[], byte[], byte[]> {
        @Override
        public Processor<byte[], byte[], byte[], byte[]> get() {
            return new PackingProcessor(tokenizer, snapshot, packing);
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            return Set.of(PackingProcessor.store(), ReadPositions.store(PackingProcessor.POSITIONS));
        }
    }
}
