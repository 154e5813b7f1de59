package io.alignstream.tokenizer;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.alignstream.tokenizer.cleaning.CleaningTopology;
import io.alignstream.tokenizer.streams.ConsumerLag;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;

/** What the topologies have published, and whether they are done. */
final class TopologyOutput {

    private TopologyOutput() {}

    /** Whether everything that was published has passed both topologies. */
    static boolean complete(String address, int survivors, TopicProbe topics) throws InterruptedException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            ConsumerLag lag = new ConsumerLag(admin);
            return lag.of(CleaningTopology.APPLICATION_ID, "documents").done()
                    && topics.records("clean-documents").size() >= survivors
                    && lag.of(TopologyProcess.PACKING_ID, "clean-documents").done();
        }
    }

    /** Ids of the clean documents, partition after partition. */
    static List<String> survivors(TopicProbe topics) {
        return topics.events(Topic.CLEAN_DOCUMENTS).stream()
                .map(CleanDocument::id)
                .toList();
    }

    /**
     * sha256 of the clean documents and of the sequences in the token batches, in the order of their offsets. The offsets
     * themselves count the markers of transactions, of which there are as many as time allows.
     */
    static String hash(TopicProbe topics) {
        Sha256 sha256 = new Sha256();
        topics.records("clean-documents").forEach(record -> sha256.add(record.value()));
        topics.events(Topic.TOKEN_BATCHES).forEach(batch -> {
            String place = batch.shard() + " " + batch.split() + " " + batch.firstSequence() + " ";
            sha256.add(place + Arrays.toString(batch.tokens()));
        });
        return sha256.hex();
    }

    /** The texts in the token batches, shard after shard; requires dense sequence numbers. */
    static List<String> packedTexts(TopicProbe topics) {
        Tokenizer tokenizer = DuplicatedTexts.tokenizer();
        Map<Integer, List<TokenBatch>> shards = new TreeMap<>();
        topics.events(Topic.TOKEN_BATCHES)
                .forEach(batch -> shards.computeIfAbsent(batch.shard(), shard -> new ArrayList<>())
                        .add(batch));
        List<String> texts = new ArrayList<>();
        shards.values().forEach(batches -> {
            long next = 0;
            List<Integer> open = new ArrayList<>();
            for (TokenBatch batch : batches.stream()
                    .sorted(Comparator.comparingLong(TokenBatch::firstSequence))
                    .toList()) {
                if (batch.firstSequence() != next) {
                    throw new AssertionError("sequence " + batch.firstSequence() + " where " + next + " belongs");
                }
                next = batch.nextSequence();
                for (int token : batch.tokens()) {
                    if (token == tokenizer.endOfDocument()) {
                        texts.add(tokenizer.decode(
                                open.stream().mapToInt(Integer::intValue).toArray()));
                        open.clear();
                    } else {
                        open.add(token);
                    }
                }
            }
        });
        return texts;
    }
}
