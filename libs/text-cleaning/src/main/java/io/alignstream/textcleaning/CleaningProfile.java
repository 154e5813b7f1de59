package io.alignstream.textcleaning;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which rules are on; immutable.
 *
 * @param name of the profile that the switches started from
 * @param languages ISO 639-1 codes that the rule {@code language} lets pass
 */
public record CleaningProfile(String name, Set<Rule> rules, Set<String> languages) {

    /** Names of the profiles. */
    public static final List<String> NAMES = List.of("exact", "plain", "web");

    private static final Set<Rule> EXACT =
            EnumSet.of(Rule.CONTROL_CHARACTERS, Rule.UNICODE_NFC, Rule.EMPTY, Rule.DUPLICATE);

    private static final Set<Rule> PLAIN = with(
            EXACT, Rule.MOJIBAKE, Rule.BROKEN_ENCODING, Rule.CONTAMINATED, Rule.PERSONAL_DATA, Rule.NEAR_DUPLICATE);

    public CleaningProfile {
        rules = Collections.unmodifiableSet(EnumSet.copyOf(rules));
        languages = Set.copyOf(languages);
        if (rules.contains(Rule.LANGUAGE) && languages.isEmpty()) {
            throw new IllegalArgumentException(
                    "the rule language is on but no language is wanted; name one or switch the rule off");
        }
        // An event without text cannot be published, and records are told apart by their normalised text.
        if (!rules.contains(Rule.EMPTY) || !rules.contains(Rule.CONTROL_CHARACTERS)) {
            throw new IllegalArgumentException("the rules empty and control-characters cannot be switched off");
        }
    }

    /**
     * A named profile with single rules switched.
     *
     * @param name {@code exact}: normalise and drop exact duplicates; {@code plain}: also repair wrong encodings, mask
     *     personal data and drop near duplicates; {@code web}: all rules that FineWeb applies to pages of the web
     * @param switches rule id → on or off
     */
    public static CleaningProfile of(String name, Map<String, Boolean> switches, Set<String> languages) {
        Set<Rule> rules = EnumSet.copyOf(
                switch (name) {
                    case "exact" -> EXACT;
                    case "plain" -> PLAIN;
                    case "web" -> {
                        Set<Rule> all = EnumSet.allOf(Rule.class);
                        // FineWeb leaves it out as well: it alone costs 30 % of the tokens.
                        all.remove(Rule.TERMINAL_PUNCTUATION);
                        yield all;
                    }
                    default ->
                        throw new IllegalArgumentException(
                                "there is no cleaning profile '" + name + "'; there are: " + String.join(", ", NAMES));
                });
        switches.forEach((id, on) -> {
            Rule rule = Rule.of(id)
                    .orElseThrow(() -> new IllegalArgumentException("there is no cleaning rule '" + id
                            + "'; there are: "
                            + Arrays.stream(Rule.values()).map(Rule::id).collect(Collectors.joining(", "))));
            if (on) {
                rules.add(rule);
            } else {
                rules.remove(rule);
            }
        });
        return new CleaningProfile(name, rules, languages);
    }

    /** Whether {@code rule} is on. */
    public boolean has(Rule rule) {
        return rules.contains(rule);
    }

    private static Set<Rule> with(Set<Rule> some, Rule... more) {
        Set<Rule> all = EnumSet.copyOf(some);
        all.addAll(Arrays.asList(more));
        return all;
    }
}
