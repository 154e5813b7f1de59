package io.alignstream.languagemodel.network;

import io.alignstream.languagemodel.checkpoint.Tensor;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * A network that learns or has learned: with weights of its own, or with adapters on a base that others share. For one
 * thread, once it has learned for several.
 */
public final class TunedNetwork implements AutoCloseable {

    private final Transformer network;
    private final @Nullable LoraAdapters adapters;
    /** The adapters worked in, as long as they stay what they are. */
    private @Nullable Transformer merged;

    private TunedNetwork(Transformer network, @Nullable LoraAdapters adapters) {
        this.network = network;
        this.adapters = adapters;
    }

    /** {@code network}, which is closed with this. */
    public static TunedNetwork of(Transformer network) {
        return new TunedNetwork(network, null);
    }

    /** A base with {@code adapters}, which are closed with this; the base stays its owner's. */
    public static TunedNetwork of(LoraAdapters adapters) {
        return new TunedNetwork(adapters.network(), adapters);
    }

    /** What begins to learn on {@code base}: adapters, or without {@code lora} a copy. */
    public static TunedNetwork begin(Transformer base, Optional<LoraSettings> lora, long seed) {
        return lora.map(settings -> of(LoraAdapters.initialise(base, settings, seed)))
                .orElseGet(() -> of(base.copy()));
    }

    /** What computes, as it is now. */
    public Transformer network() {
        return network;
    }

    /**
     * What learns: the adapters, or of the weights those of the upper blocks.
     *
     * @param share of the blocks, see {@link UpperBlocks#share}; adapters lie where they lie
     */
    public Trainable trained(double share) {
        return adapters == null ? UpperBlocks.share(network, share) : adapters;
    }

    /** What makes it: its weights, or its adapters by PEFT's names. They change as it learns and end when it is closed. */
    public SequencedMap<String, Tensor> views() {
        return adapters == null ? network.views() : adapters.views();
    }

    /** The adapters by PEFT's names; empty if all weights are its own. */
    public Optional<SequencedMap<String, Tensor>> adapterViews() {
        return Optional.ofNullable(adapters).map(LoraAdapters::views);
    }

    /**
     * Another one of its shape, on the same base if there is one.
     *
     * @param views what {@link #views} gave
     * @throws IOException if a tensor is missing or has another shape
     */
    public TunedNetwork with(Map<String, Tensor> views) throws IOException {
        return adapters == null
                ? of(Transformer.of(network.config(), views, "a network that was kept")
                        .computeIn(network.precision()))
                : of(adapters.with(views));
    }

    /** Another one that is independent of it, on the same base if there is one. */
    public TunedNetwork copy() {
        try {
            return with(views());
        } catch (IOException e) {
            throw new IllegalStateException("a network's weights do not fit itself", e);
        }
    }

    /** The same as {@link #copy} with the head's values divided by {@code divisor}. */
    TunedNetwork divided(double divisor) {
        TunedNetwork divided = copy();
        divided.network.divideHead(divisor);
        return divided;
    }

    /** All weights, adapters worked in, for others to compute with; stays this one's, until {@link #changed}. */
    public Transformer whole() {
        if (adapters == null) {
            return network;
        }
        if (merged == null) {
            merged = network.copy();
        }
        return merged;
    }

    /** Says that it has learned something: what {@link #whole} gave is no longer valid. */
    public void changed() {
        if (merged != null) {
            merged.close();
            merged = null;
        }
    }

    @Override
    public void close() {
        changed();
        if (adapters == null) {
            network.close();
        } else {
            adapters.close();
        }
    }
}
