package io.alignstream.stageruntime.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A language of the pages. */
public enum Language {
    ENGLISH("en", "English"),
    CHINESE("zh", "中文");

    private final String id;
    private final String label;
    private @Nullable Map<String, String> texts;

    Language(String id, String label) {
        this.id = id;
        this.label = label;
    }

    /** The value of the attribute {@code lang}. */
    public String id() {
        return id;
    }

    /** What the language calls itself. */
    public String label() {
        return label;
    }

    /** The language called {@code id}, if it is one of ours. */
    static Optional<Language> of(@Nullable String id) {
        for (Language language : values()) {
            if (language.id.equals(id)) {
                return Optional.of(language);
            }
        }
        return Optional.empty();
    }

    /** The first of the visitor's languages that is ours, else English. */
    static Language preferred(List<Locale> accepted) {
        return accepted.stream()
                .flatMap(locale -> of(locale.getLanguage()).stream())
                .findFirst()
                .orElse(ENGLISH);
    }

    /** The dashboard's texts by key. */
    synchronized Map<String, String> texts() {
        if (texts == null) {
            texts = load("texts_" + id + ".properties");
        }
        return texts;
    }

    private static Map<String, String> load(String name) {
        try (InputStream in = Language.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + name + " is missing");
            }
            Properties properties = new Properties();
            properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
            Map<String, String> loaded = new TreeMap<>();
            properties.forEach((key, value) -> loaded.put((String) key, (String) value));
            return loaded;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
