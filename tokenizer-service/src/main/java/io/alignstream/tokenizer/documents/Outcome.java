package io.alignstream.tokenizer.documents;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What can become of a document.
 *
 * @param id the name in metrics and JSON: {@code kept}, {@code poison} or the rule that dropped it
 */
public record Outcome(String id) {

    static final Outcome KEPT = new Outcome("kept");
    /** It cannot be processed and went to the dead letters. */
    public static final Outcome POISON = new Outcome("poison");

    /** What that means, for people. */
    public Reason meaning() {
        return meaning(id);
    }

    /** What it means that a document ended with the outcome or met the rule {@code id}. */
    public static Reason meaning(String id) {
        return Reason.of("outcome." + id);
    }

    /** The outcomes that {@code profile} can have, in the order of its rules. */
    public static List<Outcome> of(CleaningProfile profile) {
        List<Outcome> outcomes = new ArrayList<>(List.of(KEPT));
        Arrays.stream(Rule.values())
                .filter(rule -> rule.effect() == Rule.Effect.DROP && profile.has(rule))
                .forEach(rule -> outcomes.add(new Outcome(rule.id())));
        outcomes.add(POISON);
        return List.copyOf(outcomes);
    }
}
