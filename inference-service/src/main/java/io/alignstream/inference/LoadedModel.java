package io.alignstream.inference;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.NativeMemory;
import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.generation.TextEmbedder;
import io.alignstream.languagemodel.generation.WeightFormat;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A release in memory, shared by the requests that run on it; freed when the last share is returned. Thread-safe.
 *
 * <p>It starts with one share, its creator's.
 */
public final class LoadedModel {

    private final ModelRelease release;
    private final PreparedWeights weights;
    private final Tokenizer tokenizer;
    private final Engine engine;
    private final Engine.Capacity capacity;
    private final Pace pace = new Pace();
    private final Instant loadedAt = Instant.now();
    private final AtomicInteger shares = new AtomicInteger(1);
    private volatile boolean freed;

    /**
     * Takes the weights over.
     *
     * @throws InvalidInputException if the network does not know all of the tokenizer's ids
     */
    public LoadedModel(ModelRelease release, PreparedWeights weights, Tokenizer tokenizer, Engine.Capacity capacity) {
        int ids = weights.config().vocabularySize();
        if (tokenizer.vocabularySize() > ids) {
            throw new InvalidInputException(Reason.of("inference.twoModels")
                    .with("uri", release.reference().uri().toString())
                    .with("tokens", tokenizer.vocabularySize())
                    .with("known", ids));
        }
        this.release = release;
        this.weights = weights;
        this.tokenizer = tokenizer;
        this.capacity = capacity;
        this.engine = new Engine(weights, tokenizer.vocabularySize(), capacity);
    }

    public ModelRelease release() {
        return release;
    }

    /** Writes its answers; for whoever is the only one to use it. */
    public Engine engine() {
        return engine;
    }

    /** Answers that it writes at once. */
    int places() {
        return capacity.texts();
    }

    /** Share of the room for texts that is in use, 0 to 1. */
    double cacheInUse() {
        return engine.cacheInUse();
    }

    /** Makes vectors of texts. */
    public TextEmbedder embedder() {
        return new TextEmbedder(weights);
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** How fast it writes. */
    public Pace pace() {
        return pace;
    }

    /** Native memory of weights and of what is computed of texts. */
    long bytes() {
        return bytes(weights.config(), weights.format(), capacity.tokens());
    }

    /** The same of a model of this shape, before it is loaded. */
    static long bytes(TransformerConfig config, WeightFormat format, long cacheTokens) {
        return format.bytes(config) + Footprint.of(config).cache(1, Math.toIntExact(cacheTokens));
    }

    public Instant loadedAt() {
        return loadedAt;
    }

    /** Content address of the checkpoint. */
    public String sha256() {
        return release.reference().sha256();
    }

    /** Most tokens of prompt and answer together. */
    public int positions() {
        return weights.config().maxPositions();
    }

    /** Takes one more share; only while another one is held. */
    public LoadedModel share() {
        if (shares.getAndIncrement() < 1) {
            throw new IllegalStateException("model " + sha256() + " is freed already");
        }
        return this;
    }

    /** Returns a share; the last one frees the native memory. */
    public void giveBack() {
        if (shares.decrementAndGet() == 0) {
            engine.close();
            weights.close();
            NativeMemory.trim();
            freed = true;
        }
    }

    /** Whether the native memory is freed. */
    public boolean freed() {
        return freed;
    }
}
