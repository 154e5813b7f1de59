package io.alignstream.tokenizer;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;

/** Settings of the service, {@code alignstream.tokenizer.*}. */
@ConfigMapping(prefix = "alignstream.tokenizer")
public interface TokenizerConfig {

    /** Token ids to learn at most, control and byte tokens included. */
    @WithDefault("2048")
    int vocabularySize();

    /** Tokens in a sequence; a trainer predicts all but the first of them. */
    @WithDefault("128")
    int sequenceLength();

    /** Sequences in a token batch. */
    @WithDefault("64")
    int batchSequences();

    /** Share of the documents held out for validation, chosen by content hash. */
    @WithDefault("0.01")
    double validationFraction();

    /** Clean documents that start the first tokenizer without anybody asking. */
    @WithDefault("100000")
    long minimumDocuments();

    /** No document for this long, before the first tokenizer starts without anybody asking. */
    @WithDefault("PT30S")
    Duration debounce();

    /** Folder for the state of the topologies: content hashes and open sequences. If it is lost, Kafka restores it. */
    @WithDefault("${alignstream.store.cache:alignstream-data/cache}/tokenizer-state")
    Path stateDir();

    /** Name of this instance among those of the service; the same after a restart, so that it takes over at once. */
    @WithDefault("${HOSTNAME:local}")
    String instanceId();

    /** Threads of each topology; more than the topics have partitions are of no use. */
    @WithDefault("1")
    int threads();

    /** How documents are packed. */
    default Packing packing() {
        return new Packing(sequenceLength(), batchSequences(), validationFraction());
    }
}
