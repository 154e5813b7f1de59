package io.alignstream.inference.retrieval;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The embedding models, each of which is loaded when a text of its language comes; thread-safe. */
final class PassageEmbedders implements AutoCloseable {

    /** Native memory of both models in use, measured. */
    static final long BYTES = 320L << 20;

    private final Map<Language, PassageEmbedder> loaded = new EnumMap<>(Language.class);

    /** Vectors of passages of {@code language}. */
    List<float[]> passages(Language language, List<String> texts) {
        return embedder(language).vectors(texts);
    }

    /** The vector of a question. */
    float[] question(Language language, String text) {
        return embedder(language).vectors(List.of(language.question(text))).getFirst();
    }

    private synchronized PassageEmbedder embedder(Language language) {
        return loaded.computeIfAbsent(language, PassageEmbedder::new);
    }

    @Override
    public synchronized void close() {
        loaded.values().forEach(PassageEmbedder::close);
        loaded.clear();
    }
}
