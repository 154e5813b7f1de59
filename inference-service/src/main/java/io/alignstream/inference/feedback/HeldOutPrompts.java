package io.alignstream.inference.feedback;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.kept.KeptRecords;
import io.alignstream.stageruntime.kept.KeptState;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The prompts that are held out for the gate: what users say of answers to them is noted, but not learned. Of the others a
 * few stay as examples. Thread-safe.
 */
@ApplicationScoped
public class HeldOutPrompts implements Subscriptions.KeptHandler<Prompt> {

    private final KeptRecords<Prompt> kept;
    private final Map<String, Prompt> prompts = new HashMap<>();
    private final ExamplePrompts examples;
    /** Null if one has changed since. */
    private @Nullable GatePrompts gate;

    /** None so far. */
    public HeldOutPrompts(KeptState state) {
        this.kept = new KeptRecords<>(state, "prompts.held-out", Prompt.class);
        this.examples = new ExamplePrompts(state);
    }

    @Override
    public int version() {
        return 2;
    }

    @Override
    public synchronized void restore() {
        kept.forEach(prompts::put);
        examples.restore();
    }

    @Override
    public synchronized void handle(Prompt prompt, Origin origin) {
        if (!HeldOut.isTagged(prompt.tags())) {
            release(prompt.id());
            examples.take(prompt);
            return;
        }
        examples.withdrawn(prompt.id());
        if (!prompt.equals(prompts.put(prompt.id(), prompt))) {
            kept.put(prompt.id(), prompt);
            gate = null;
        }
    }

    @Override
    public synchronized void withdrawn(String key) {
        release(key);
        examples.withdrawn(key);
    }

    private void release(String key) {
        if (prompts.remove(key) != null) {
            kept.remove(key);
            gate = null;
        }
    }

    /** Whether one of them is asked by {@code messages}. */
    public boolean areAskedBy(List<Message> messages) {
        return gate().areAskedBy(messages);
    }

    /** A few others: what one may ask the model. */
    public synchronized List<String> examples() {
        return examples.texts();
    }

    private synchronized GatePrompts gate() {
        GatePrompts known = gate;
        if (known == null) {
            known = GatePrompts.of(prompts.values());
            gate = known;
        }
        return known;
    }
}
