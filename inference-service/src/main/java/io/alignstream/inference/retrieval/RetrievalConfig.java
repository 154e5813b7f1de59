package io.alignstream.inference.retrieval;

import io.alignstream.stageruntime.settings.Between;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;

/**
 * Settings of answers that are grounded in documents, {@code alignstream.inference.retrieval.*}; where it is switched off
 * nothing of it is loaded, read or written.
 */
@ConfigMapping(prefix = "alignstream.inference.retrieval")
public interface RetrievalConfig {

    /** Whether documents are indexed, so that a request can ask for an answer that is grounded in them. */
    @WithDefault("false")
    boolean enabled();

    /**
     * Folder of the index, of this instance alone; without it all documents are read and indexed again. Beside the views
     * where those are kept, else among temporary files.
     */
    @WithDefault("${alignstream.views.folder:${java.io.tmpdir}/alignstream}/passages")
    Path folder();

    /**
     * Passages that a request gets which does not say how many. Small models mix up passages that are alike: with 135 million
     * parameters 1 gives twice as many right answers as 3.
     */
    @WithDefault("3")
    @Between(least = "1", greatest = "20")
    int passages();

    /**
     * Longest passage, in bytes of UTF-8: a Chinese character counts as three letters. What is changed here or in {@code
     * document-passages} makes the index anew.
     */
    @WithDefault("600")
    @Between(least = "100", greatest = "1500")
    int passageBytes();

    /** Most passages of one document; the rest of it is left out and counted. */
    @WithDefault("1000")
    @Between(least = "1", greatest = "100000")
    int documentPassages();

    /**
     * Most passages of the index, about 5 KB of disk each, twice that for moments; the documents that came first make room
     * for later ones and are counted.
     */
    @WithDefault("100000")
    @Between(least = "1", greatest = "10000000")
    int mostPassages();

    /** Share of the model's context that passages may take; those that do not fit are left out, which the answer says. */
    @WithDefault("0.5")
    @Between(least = "0.05", greatest = "0.9")
    double contextShare();

    /** Similarity to the question, a cosine, that a passage must have unless the request says another one. */
    @WithDefault("0.6")
    @Between(least = "0", greatest = "1")
    double minimumSimilarity();
}
