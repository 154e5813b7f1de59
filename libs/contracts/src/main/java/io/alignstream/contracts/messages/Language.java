package io.alignstream.contracts.messages;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A language that people are spoken to in. */
public enum Language {
    ENGLISH("en", "English", Locale.ENGLISH),
    CHINESE("zh", "中文", Locale.CHINESE);

    private final String id;
    private final String label;
    private final Locale locale;

    Language(String id, String label, Locale locale) {
        this.id = id;
        this.label = label;
        this.locale = locale;
    }

    /** The value of the attribute {@code lang}. */
    public String id() {
        return id;
    }

    /** What the language calls itself. */
    public String label() {
        return label;
    }

    /** How numbers are written. */
    Locale locale() {
        return locale;
    }

    /** The language called {@code id}, if it is one of ours. */
    public static Optional<Language> of(@Nullable String id) {
        for (Language language : values()) {
            if (language.id.equals(id)) {
                return Optional.of(language);
            }
        }
        return Optional.empty();
    }

    /** The most wanted language of the HTTP header {@code Accept-Language} that is ours, else English. */
    public static Language preferred(@Nullable String acceptLanguage) {
        if (acceptLanguage == null) {
            return ENGLISH;
        }
        try {
            return Locale.LanguageRange.parse(acceptLanguage).stream()
                    .flatMap(range -> of(Locale.forLanguageTag(range.getRange()).getLanguage()).stream())
                    .findFirst()
                    .orElse(ENGLISH);
        } catch (IllegalArgumentException e) {
            return ENGLISH; // not a header of this kind
        }
    }
}
