package io.alignstream.reward;

import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The prompts that may be sent out to be ranked: the newest of each id, but none that a person holds out for the gate, nor
 * one that asks the same; for the reader's thread.
 */
final class PromptBook implements Subscriptions.EventHandler<Prompt> {

    private final SequencedMap<String, Prompt> prompts = new LinkedHashMap<>();

    @Override
    public void handle(Prompt prompt, Origin origin) {
        prompts.put(prompt.id(), prompt);
    }

    @Override
    public void withdrawn(String key) {
        prompts.remove(key);
    }

    List<Prompt> prompts() {
        GatePrompts gate = GatePrompts.of(prompts.values());
        return prompts.values().stream()
                .filter(prompt -> !gate.areAskedBy(prompt.messages()))
                .toList();
    }
}
