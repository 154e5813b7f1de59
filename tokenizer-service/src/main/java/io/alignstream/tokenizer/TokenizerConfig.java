package io.alignstream.tokenizer;

import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.tokenizer.packing.Packing;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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

    /** Folder for the state of the topologies: duplicate keys, waiting documents and open sequences. If it is lost, Kafka restores it. */
    @WithDefault("${alignstream.store.cache:alignstream-data/cache}/tokenizer-state")
    Path stateDir();

    /** Name of this instance among those of the service; the same after a restart, so that it takes over at once. */
    @WithDefault("${HOSTNAME:local}")
    String instanceId();

    /** Threads of each topology; more than the topics have partitions are of no use. */
    @WithDefault("1")
    int threads();

    /** Which rules documents pass. */
    Cleaning cleaning();

    /** Settings of the rules, {@code alignstream.tokenizer.cleaning.*}; docs/data.md explains them. */
    interface Cleaning {

        /**
         * {@code exact}: normalise and drop exact duplicates; {@code plain}: also repair wrong encodings, mask personal
         * data and drop near duplicates; {@code web}: all rules for pages of the web.
         */
        @WithDefault("plain")
        String profile();

        /** Rule → whether it is on, where that differs from the profile. */
        Map<String, Boolean> rules();

        /** ISO 639-1 codes of the languages that the rule {@code language} lets pass. */
        @WithDefault("en,zh")
        Set<String> languages();

        /**
         * Evaluation sets that no document may share a phrase with: files of one text a line, or of JSON lines, of which
         * every string counts.
         */
        Optional<List<Path>> evaluationFiles();
    }

    /** The rules as configured. */
    default CleaningProfile cleaningProfile() {
        return CleaningProfile.of(
                cleaning().profile(), cleaning().rules(), cleaning().languages());
    }

    /** How documents are packed. */
    default Packing packing() {
        return new Packing(sequenceLength(), batchSequences(), validationFraction());
    }
}
