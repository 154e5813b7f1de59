package io.alignstream.textcleaning;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Applies the rules of a profile to one text after the other; for one thread.
 *
 * <p>Duplicates are no matter of one text: the rules {@code duplicate} and {@code near-duplicate} are left to the caller.
 */
public final class TextCleaner {

    private static final double LOST_SHARE = 0.01;
    private static final double SURE = 0.65; // FineWeb's limit for fastText's confidence

    private final CleaningProfile profile;
    private final Decontamination decontamination;
    private final QualityRules quality;

    /** What became of a text. */
    public sealed interface Result {

        /** Rules that changed the text. */
        Set<Rule> applied();
    }

    /**
     * A text to keep.
     *
     * @param language ISO 639-1 or {@value LanguageIdentifier#UNKNOWN}
     * @param applied rules that changed the text
     */
    public record Kept(NormalisedText text, String language, Set<Rule> applied) implements Result {}

    /**
     * A text to drop.
     *
     * @param fault what did not pass
     * @param applied rules that had changed the text before
     */
    public record Dropped(Rule rule, Fault fault, Set<Rule> applied) implements Result {}

    public TextCleaner(CleaningProfile profile, Decontamination decontamination) {
        this.profile = profile;
        this.decontamination = decontamination;
        this.quality = new QualityRules(profile);
    }

    /** Cleans {@code raw}. */
    public Result clean(String raw) {
        Set<Rule> applied = EnumSet.noneOf(Rule.class);
        String decoded = profile.has(Rule.MOJIBAKE) ? Mojibake.repair(raw) : raw;
        note(Rule.MOJIBAKE, raw, decoded, applied);
        String plain = NormalisedText.withoutControls(decoded);
        note(Rule.CONTROL_CHARACTERS, decoded, plain, applied);
        String composed = profile.has(Rule.UNICODE_NFC) ? NormalisedText.composed(plain) : plain;
        note(Rule.UNICODE_NFC, plain, composed, applied);
        String normal = NormalisedText.trim(composed);
        String body = profile.has(Rule.BOILERPLATE_LINES) ? BoilerplateLines.remove(normal) : normal;
        note(Rule.BOILERPLATE_LINES, normal, body, applied);
        if (profile.has(Rule.TERMINAL_PUNCTUATION)) {
            String sentences = BoilerplateLines.removeWithoutPunctuation(body);
            note(Rule.TERMINAL_PUNCTUATION, body, sentences, applied);
            body = sentences;
        }
        if (body.isEmpty()) {
            return new Dropped(Rule.EMPTY, Fault.of(normal.isEmpty() ? "noCharacters" : "onlyBoilerplate"), applied);
        }
        return judge(body, applied);
    }

    /** {@code text} as it may be shown to people: without personal data if that rule is on. */
    public String shown(String text) {
        return profile.has(Rule.PERSONAL_DATA) ? PersonalData.mask(text) : text;
    }

    private Result judge(String body, Set<Rule> applied) {
        if (profile.has(Rule.BROKEN_ENCODING)) {
            int lost = lost(body);
            if (lost > LOST_SHARE * body.length()) {
                return new Dropped(
                        Rule.BROKEN_ENCODING,
                        Fault.of("lost").with("lost", lost).with("characters", body.length()),
                        applied);
            }
        }
        Words words = Words.of(body);
        LanguageIdentifier.Identified language = LanguageIdentifier.identify(body, words);
        if (profile.has(Rule.LANGUAGE)
                && (language.confidence() < SURE || !profile.languages().contains(language.code()))) {
            return new Dropped(
                    Rule.LANGUAGE,
                    Fault.of("language").with("language", language.code()).with("confidence", language.confidence()),
                    applied);
        }
        QualityRules.Broken broken = quality.check(body, words);
        if (broken != null) {
            return new Dropped(broken.rule(), broken.fault(), applied);
        }
        if (profile.has(Rule.CONTAMINATED)) {
            Optional<String> phrase = decontamination.find(body, words);
            if (phrase.isPresent()) {
                return new Dropped(Rule.CONTAMINATED, Fault.of("phrase").with("phrase", phrase.get()), applied);
            }
        }
        String masked = profile.has(Rule.PERSONAL_DATA) ? PersonalData.mask(body) : body;
        note(Rule.PERSONAL_DATA, body, masked, applied);
        return new Kept(new NormalisedText(masked), language.code(), applied);
    }

    /** Replacement characters, and what they become when they are read as GBK: 锟斤拷. */
    private static int lost(String text) {
        int lost = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\uFFFD') {
                lost++;
            } else if (c == '锟' && text.startsWith("锟斤拷", i)) {
                lost += 3;
            }
        }
        return lost;
    }

    private static void note(Rule rule, String before, String after, Set<Rule> applied) {
        if (!before.equals(after)) {
            applied.add(rule);
        }
    }
}
