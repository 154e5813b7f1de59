package io.alignstream.local.input;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The encoding of what was fetched from the web, named as the web names it.
 *
 * <p>Labels mean there what the <a href="https://encoding.spec.whatwg.org/#names-and-labels">Encoding Standard</a> says, which
 * is what browsers do and mostly not what Java makes of the same name: {@code gb2312} is GBK, {@code iso-8859-1} Windows-1252.
 */
final class WebEncoding {

    private static final Map<String, Charset> BY_LABEL = table();
    private static final int SEARCHED_BYTES = 4_096;
    private static final Pattern COMMENT = Pattern.compile("<!--.*?(?:-->|$)", Pattern.DOTALL);
    private static final Pattern DECLARED = Pattern.compile(
            "<meta\\s[^>]*?charset\\s*=\\s*[\"']?\\s*([^\\s\"'/>;]+)|<\\?xml\\s[^>]*?encoding\\s*=\\s*[\"']([^\"'>]+)",
            Pattern.CASE_INSENSITIVE);

    private WebEncoding() {}

    /** What {@code label} means; empty if the web does not know it, as it is for null. */
    static Optional<Charset> of(@Nullable String label) {
        return label == null
                ? Optional.empty()
                : Optional.ofNullable(BY_LABEL.get(label.strip().toLowerCase(Locale.ROOT)));
    }

    /**
     * The encoding of a page: what the server says, else what the page says, else UTF-8. A byte order mark, which counts
     * more, is for the parser to see.
     */
    static Charset ofPage(byte[] page, @Nullable String servers) {
        return of(servers).or(() -> declared(page)).orElse(StandardCharsets.UTF_8);
    }

    private static Optional<Charset> declared(byte[] page) {
        String head = new String(page, 0, Math.min(page.length, SEARCHED_BYTES), StandardCharsets.ISO_8859_1);
        Matcher declared = DECLARED.matcher(COMMENT.matcher(head).replaceAll(""));
        while (declared.find()) {
            Optional<Charset> charset = of(declared.group(1) == null ? declared.group(2) : declared.group(1));
            if (charset.isPresent()) {
                // Whoever can read this in ASCII does not read UTF-16.
                return charset.map(named -> named.name().startsWith("UTF-16") ? StandardCharsets.UTF_8 : named);
            }
        }
        return Optional.empty();
    }

    /** The text of {@code body}, by its byte order mark, else by the server's label, else in UTF-8. */
    static String text(byte[] body, @Nullable String servers) {
        Charset marked = marked(body);
        String text = new String(body, marked == null ? of(servers).orElse(StandardCharsets.UTF_8) : marked);
        return marked == null ? text : text.substring(1);
    }

    private static @Nullable Charset marked(byte[] body) {
        if (body.length >= 3 && (body[0] & 0xFF) == 0xEF && (body[1] & 0xFF) == 0xBB && (body[2] & 0xFF) == 0xBF) {
            return StandardCharsets.UTF_8;
        }
        int mark = body.length < 2 ? 0 : (body[0] & 0xFF) << 8 | body[1] & 0xFF;
        return mark == 0xFEFF ? StandardCharsets.UTF_16BE : mark == 0xFFFE ? StandardCharsets.UTF_16LE : null;
    }

    private static Map<String, Charset> table() {
        Properties labels = new Properties();
        try (InputStream in = WebEncoding.class.getResourceAsStream("web-encodings.properties")) {
            labels.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, Charset> table = new HashMap<>();
        labels.forEach((charset, names) -> {
            for (String name : names.toString().split(" ")) {
                table.put(name, Charset.forName(charset.toString()));
            }
        });
        return Map.copyOf(table);
    }
}
