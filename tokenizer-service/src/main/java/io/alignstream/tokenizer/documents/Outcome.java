package io.alignstream.tokenizer.documents;

import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What can become of a document.
 *
 * @param id the name in metrics and JSON: {@code kept}, {@code poison} or the rule that dropped it
 * @param reason what the dashboard shows
 */
public record Outcome(String id, String reason) {

    static final Outcome KEPT = new Outcome("kept", "published to clean-documents");
    /** It cannot be processed and went to the dead letters. */
    public static final Outcome POISON =
            new Outcome("poison", "not a valid document; stands in documents.dead-letters with its reason");

    /** The outcomes that {@code profile} can have, in the order of its rules. */
    public static List<Outcome> of(CleaningProfile profile) {
        List<Outcome> outcomes = new ArrayList<>(List.of(KEPT));
        Arrays.stream(Rule.values())
                .filter(rule -> rule.effect() == Rule.Effect.DROP && profile.has(rule))
                .forEach(rule -> outcomes.add(new Outcome(rule.id(), rule.description())));
        outcomes.add(POISON);
        return List.copyOf(outcomes);
    }
}
