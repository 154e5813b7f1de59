package io.alignstream.contracts.messages;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.NumberFormat;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The catalogue of one language: a sentence for each code, with {@code {placeholders}} for the arguments of a {@link
 * Reason}. Immutable.
 *
 * <p>The catalogues are the resources {@code en.properties} and {@code zh.properties} beside this class; the pages read
 * the same ones. A code that a catalogue lacks, perhaps one of a newer version, is shown itself with its arguments.
 */
public final class Messages {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{(\\w+)}");
    private static final Map<Language, Messages> CATALOGUES = new EnumMap<>(Language.class);

    static {
        for (Language language : Language.values()) {
            CATALOGUES.put(language, new Messages(language, load(language.id() + ".properties")));
        }
    }

    private final Language language;
    private final SortedMap<String, String> sentences;

    private Messages(Language language, SortedMap<String, String> sentences) {
        this.language = language;
        this.sentences = Collections.unmodifiableSortedMap(sentences);
    }

    /** The catalogue of {@code language}. */
    public static Messages in(Language language) {
        Messages messages = CATALOGUES.get(language);
        if (messages == null) {
            throw new IllegalStateException("there is no catalogue of " + language);
        }
        return messages;
    }

    /** What {@code reason} says in English: for logs, and for people at a command line. */
    public static String english(Reason reason) {
        return in(Language.ENGLISH).text(reason);
    }

    /** The sentence {@code code}, which needs no arguments. */
    public String text(String code) {
        return sentences.getOrDefault(code, code);
    }

    /** The sentence of {@code reason} with its arguments in place; numbers as the language writes them. */
    public String text(Reason reason) {
        String sentence = sentences.get(reason.code());
        if (sentence == null) {
            return reason.arguments().isEmpty() ? reason.code() : reason.code() + " " + reason.arguments();
        }
        return PLACEHOLDER.matcher(sentence).replaceAll(place -> {
            Object argument = reason.arguments().get(place.group(1));
            return Matcher.quoteReplacement(argument == null ? place.group() : shown(argument));
        });
    }

    /** All sentences by their codes. */
    public SortedMap<String, String> sentences() {
        return sentences;
    }

    private String shown(Object argument) {
        return switch (argument) {
            case Reason reason -> text(reason);
            case Number number ->
                NumberFormat.getNumberInstance(language.locale()).format(number);
            default -> argument.toString();
        };
    }

    private static SortedMap<String, String> load(String name) {
        try (@Nullable InputStream in = Messages.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + name + " is missing");
            }
            Properties properties = new Properties();
            properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
            SortedMap<String, String> loaded = new TreeMap<>();
            properties.stringPropertyNames().forEach(code -> loaded.put(code, properties.getProperty(code)));
            return loaded;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the resource " + name, e);
        }
    }
}
