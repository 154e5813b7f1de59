package io.alignstream.reward;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** The prompts that may be sent out to be ranked: the newest of each id, held-out ones not among them; for the reader's thread. */
final class PromptBook implements Subscriptions.EventHandler<Prompt> {

    private final SequencedMap<String, Prompt> prompts = new LinkedHashMap<>();

    @Override
    public void handle(Prompt prompt, Origin origin) throws PoisonEventException {
        if (HeldOut.isTagged(prompt.tags())) {
            prompts.remove(prompt.id());
        } else {
            prompts.put(prompt.id(), prompt);
        }
    }

    @Override
    public void withdrawn(String key) {
        prompts.remove(key);
    }

    Collection<Prompt> prompts() {
        return prompts.values();
    }
}
