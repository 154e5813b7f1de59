package io.alignstream.local.lessons.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the pages say, in both languages at once: the resources {@code en.properties} and {@code zh.properties} beside this
 * class, with {@code {0}}, {@code {1}} for arguments. Immutable.
 */
public final class Words {

    private static final Properties ENGLISH = load("en.properties");
    private static final Properties CHINESE = load("zh.properties");

    private Words() {}

    /** Both sentences of {@code code} as HTML, of which one is shown; arguments are shown as they are. */
    public static String html(String code, Object... arguments) {
        return "<span class=\"en\" lang=\"en\">" + escape(english(code, arguments))
                + "</span><span class=\"zh\" lang=\"zh-CN\">" + escape(chinese(code, arguments)) + "</span>";
    }

    /** The English sentence, as it is. */
    public static String english(String code, Object... arguments) {
        return filled(ENGLISH, code, arguments);
    }

    /** The Chinese sentence, as it is. */
    public static String chinese(String code, Object... arguments) {
        return filled(CHINESE, code, arguments);
    }

    /** {@code text} as HTML. */
    public static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** All codes of one language. */
    static Set<String> codes(boolean chinese) {
        return new TreeSet<>((chinese ? CHINESE : ENGLISH).stringPropertyNames());
    }

    private static String filled(Properties language, String code, Object... arguments) {
        String sentence = language.getProperty(code);
        if (sentence == null) {
            throw new IllegalArgumentException("the pages have no words for " + code);
        }
        for (int i = 0; i < arguments.length; i++) {
            sentence = sentence.replace("{" + i + "}", String.valueOf(arguments[i]));
        }
        return sentence;
    }

    private static Properties load(String name) {
        try (@Nullable InputStream in = Words.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + name + " is missing");
            }
            Properties properties = new Properties();
            properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
            return properties;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the resource " + name, e);
        }
    }
}
