package io.alignstream.inference.retrieval;

import java.nio.file.Path;

/** Retrieval with little room. */
public record SmallRetrieval(
        boolean enabled,
        Path folder,
        int passages,
        int passageBytes,
        int documentPassages,
        int mostPassages,
        double contextShare,
        double minimumSimilarity)
        implements RetrievalConfig {

    /** Switched off. */
    public static SmallRetrieval off() {
        return new SmallRetrieval(false, Path.of("nowhere"), 1, 100, 1, 1, 0.5, 0);
    }

    /** An index in {@code folder}. */
    static SmallRetrieval in(Path folder) {
        return new SmallRetrieval(true, folder, 3, 200, 4, 100, 0.5, 0.5);
    }

    SmallRetrieval withPassageBytes(int bytes) {
        return new SmallRetrieval(
                enabled, folder, passages, bytes, documentPassages, mostPassages, contextShare, minimumSimilarity);
    }

    SmallRetrieval withMostPassages(int most) {
        return new SmallRetrieval(
                enabled, folder, passages, passageBytes, documentPassages, most, contextShare, minimumSimilarity);
    }
}
