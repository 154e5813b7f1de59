package io.alignstream.inference.feedback;

import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.stageruntime.kept.KeptRecords;
import io.alignstream.stageruntime.kept.KeptState;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A few of the prompts that models learn to answer, for people who do not know what to ask: short ones of a single message,
 * the same on every instance, and none that a user has typed. Not thread-safe.
 */
final class ExamplePrompts {

    private static final int SHOWN = 4;
    private static final int LONGEST = 80;

    private final KeptRecords<Prompt> kept;
    /** By the hash of their ids, which is as good as drawing them. */
    private final NavigableMap<String, Prompt> prompts = new TreeMap<>();

    ExamplePrompts(KeptState state) {
        this.kept = new KeptRecords<>(state, "prompts.examples", Prompt.class);
    }

    void restore() {
        kept.forEach(prompts::put);
    }

    /** Looks at a prompt that is not held out. */
    void take(Prompt prompt) {
        String place = Sha256.hex(prompt.id());
        if (!isExample(prompt)) {
            forget(place);
        } else if (prompts.containsKey(place) || prompts.size() < SHOWN || place.compareTo(prompts.lastKey()) < 0) {
            if (!prompt.equals(prompts.put(place, prompt))) {
                kept.put(place, prompt);
            }
            if (prompts.size() > SHOWN) {
                forget(prompts.lastKey());
            }
        }
    }

    /** A prompt is withdrawn, or held out now. */
    void withdrawn(String id) {
        forget(Sha256.hex(id));
    }

    private void forget(String place) {
        if (prompts.remove(place) != null) {
            kept.remove(place);
        }
    }

    private static boolean isExample(Prompt prompt) {
        Map<String, String> tags = prompt.tags();
        return prompt.messages().size() == 1
                && prompt.messages().getFirst().content().length() <= LONGEST
                && !Feedback.SOURCE.equals(tags.get("source"));
    }

    List<String> texts() {
        return prompts.values().stream()
                .map(prompt -> prompt.messages().getFirst())
                .map(Message::content)
                .toList();
    }
}
