package io.alignstream.tokenizer;

import io.alignstream.stageruntime.settings.Between;
import io.alignstream.stageruntime.settings.Consistent;
import io.alignstream.stageruntime.settings.FormerName;
import io.alignstream.stageruntime.settings.Lasting;
import io.alignstream.stageruntime.settings.OneOf;
import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.tokenizer.packing.Packing;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.NotBlank;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Settings of the service, {@code alignstream.tokenizer.*}. */
@Consistent({"packing", "cleaningProfile"})
@ConfigMapping(prefix = "alignstream.tokenizer")
public interface TokenizerConfig {

    /** Token ids to learn at most, control and byte tokens included. */
    @WithDefault("2048")
    @Between(least = "263", greatest = "1048576")
    int vocabularySize();

    /** Tokens in a sequence; a trainer predicts all but the first of them. */
    @WithDefault("128")
    @Between(least = "2", greatest = "1000000")
    int sequenceLength();

    /** Sequences in a token batch, of 4000000 tokens at most. */
    @WithDefault("64")
    @Between(least = "1", greatest = "1000000")
    int batchSequences();

    /** Share of the documents that is measured on and never learned, chosen by content hash. */
    @WithDefault("0.01")
    @FormerName("alignstream.tokenizer.validation-fraction")
    @Between(least = "0", greatest = "0.5")
    double heldOutShare();

    /** Clean documents that start the first tokenizer without anybody asking. */
    @WithDefault("100000")
    @Between(least = "1", greatest = "1000000000000")
    long minimumDocuments();

    /** Time without a new document before the first tokenizer starts without anybody asking. */
    @WithDefault("PT30S")
    @Lasting(least = "PT0S", greatest = "PT24H")
    Duration debounce();

    /** Folder for the state of the topologies: duplicate keys, waiting documents and open sequences. If it is lost, Kafka restores it. */
    @WithDefault("${alignstream.store.cache:alignstream-data/cache}/tokenizer-state")
    Path stateDir();

    /** Name of this instance among those of the service; the same after a restart, so that it takes over at once. */
    @WithDefault("${HOSTNAME:local}")
    @NotBlank
    String instanceId();

    /** Threads of each topology; more than the topics have partitions are of no use. */
    @WithDefault("1")
    @Between(least = "1", greatest = "1024")
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
        @OneOf({"exact", "plain", "web"})
        String profile();

        /** Rule → whether it is on, where that differs from the profile. */
        Map<String, Boolean> rules();

        /** ISO 639-1 codes of the languages that the rule {@code language} lets pass. */
        @WithDefault("en,zh")
        Set<@NotBlank String> languages();

        /**
         * Evaluation sets that no document may share a phrase with: files of one text a line, or of JSON lines, of which
         * every string counts.
         */
        Optional<List<Path>> evaluationFiles();
    }

    /** The rules as configured. */
    default CleaningProfile cleaningProfile() {
        try {
            return CleaningProfile.of(
                    cleaning().profile(), cleaning().rules(), cleaning().languages());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("alignstream.tokenizer.cleaning.rules cannot be: " + e.getMessage(), e);
        }
    }

    /** How documents are packed. */
    default Packing packing() {
        return new Packing(sequenceLength(), batchSequences(), heldOutShare());
    }
}
