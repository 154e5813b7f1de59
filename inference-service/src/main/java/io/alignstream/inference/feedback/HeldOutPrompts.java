package io.alignstream.inference.feedback;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The prompts that are held out for the gate: what users say of answers to them is noted, but not learned. Thread-safe. */
@ApplicationScoped
public class HeldOutPrompts implements Subscriptions.EventHandler<Prompt> {

    private final Map<String, Prompt> prompts = new HashMap<>();

    @Override
    public synchronized void handle(Prompt prompt, Origin origin) {
        if (HeldOut.isTagged(prompt.tags())) {
            prompts.put(prompt.id(), prompt);
        } else {
            prompts.remove(prompt.id());
        }
    }

    @Override
    public synchronized void withdrawn(String key) {
        prompts.remove(key);
    }

    /** Whether one of them is asked by {@code messages}. */
    public synchronized boolean areAskedBy(List<Message> messages) {
        return GatePrompts.of(prompts.values()).areAskedBy(messages);
    }
}
