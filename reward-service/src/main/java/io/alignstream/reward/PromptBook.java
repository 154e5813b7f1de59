package io.alignstream.reward;

import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The prompts that may be sent out to be ranked: the newest of each id, but none that a person holds out for the gate, nor
 * one that asks the same; for the reader's thread.
 *
 * <p>Which they are is kept as prompts come, and found out anew only when those for the gate change.
 */
final class PromptBook implements Subscriptions.EventHandler<Prompt> {

    private final Map<String, Prompt> prompts = new HashMap<>();
    /** By the hashes of their ids: an order that is random and stays the same. */
    private final Map<Long, Prompt> askable = new TreeMap<>();
    /** Null if those for the gate have changed since. */
    private @Nullable GatePrompts gate;

    private long changes;

    @Override
    public void handle(Prompt prompt, Origin origin) {
        Prompt before = prompts.put(prompt.id(), prompt);
        if (!prompt.equals(before)) {
            changed(prompt.id(), before, prompt);
        }
    }

    @Override
    public void withdrawn(String key) {
        Prompt before = prompts.remove(key);
        if (before != null) {
            changed(key, before, null);
        }
    }

    private void changed(String id, @Nullable Prompt before, @Nullable Prompt now) {
        changes++;
        askable.remove(place(id));
        if (isForGate(before) || isForGate(now)) {
            gate = null;
        } else if (gate != null && now != null) {
            ask(now, gate);
        }
    }

    private static boolean isForGate(@Nullable Prompt prompt) {
        return prompt != null && HeldOut.isTagged(prompt.tags());
    }

    private static long place(String id) {
        return ByteBuffer.wrap(Sha256.bytes(id)).getLong();
    }

    private void ask(Prompt prompt, GatePrompts unless) {
        if (!unless.areAskedBy(prompt.messages())) {
            askable.put(place(prompt.id()), prompt);
        }
    }

    /** How often a prompt has changed: as long as this stays the same, so do all of them. */
    long changes() {
        return changes;
    }

    /** The prompts in an order that is random and stays the same. */
    List<Prompt> prompts() {
        if (gate == null) {
            GatePrompts all = GatePrompts.of(prompts.values());
            askable.clear();
            prompts.values().forEach(prompt -> ask(prompt, all));
            gate = all;
        }
        return new ArrayList<>(askable.values());
    }
}
