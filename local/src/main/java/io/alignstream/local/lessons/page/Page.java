package io.alignstream.local.lessons.page;

import io.alignstream.contracts.hash.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A page in one file: it fetches nothing, its policy allows nothing but its own style and script, and both languages stand in
 * it whole.
 */
public final class Page {

    private static final String STYLE = resource("lesson.css");
    private static final String SCRIPT = resource("lesson.js");

    private final String title;
    private final StringBuilder body = new StringBuilder();

    /** A page without sections yet, whose heading is {@code title} and below which {@code lead}, HTML, stands. */
    public Page(String title, String lead) {
        this.title = title;
        body.append("<section><h1>")
                .append(Words.html(title))
                .append("</h1>")
                .append(lead)
                .append("</section>");
    }

    /** Adds a section. */
    public Page section(String heading, String... content) {
        body.append("<section><h2>").append(Words.html(heading)).append("</h2>");
        for (String part : content) {
            body.append(part);
        }
        body.append("</section>");
        return this;
    }

    /** A paragraph of a sentence of {@link Words}. */
    public static String paragraph(String code, Object... arguments) {
        return "<p>" + Words.html(code, arguments) + "</p>";
    }

    /** Data for the script, which it reads as JSON. */
    public static String data(String id, String json) {
        return "<script type=\"application/json\" id=\"" + id + "\">" + json.replace("<", "\\u003c") + "</script>";
    }

    /**
     * All of it.
     *
     * @param command by which anybody gets the same page
     */
    public String html(String command) {
        String policy = "default-src 'none'; style-src '" + hash(STYLE) + "'; script-src '" + hash(SCRIPT)
                + "'; base-uri 'none'; form-action 'none'";
        return "<!doctype html>\n<html lang=\"en\" data-language=\"en\" data-title-en=\""
                + Words.escape(Words.english(title)) + "\" data-title-zh=\"" + Words.escape(Words.chinese(title))
                + "\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\""
                + policy + "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>"
                + Words.escape(Words.english(title)) + "</title>\n<style>" + STYLE
                + "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">" + Words.html("page.skip")
                + "</a>\n<header><span class=\"brand\">Alignstream</span><div>"
                + "<button type=\"button\" data-speak=\"en\" lang=\"en\" aria-pressed=\"true\">English</button> "
                + "<button type=\"button\" data-speak=\"zh\" lang=\"zh-CN\" aria-pressed=\"false\">中文</button>"
                + "</div></header>\n<main id=\"content\">\n" + body + "\n<footer>" + Words.html("page.command")
                + " <code>" + Words.escape(command) + "</code></footer>\n</main>\n<script>" + SCRIPT
                + "</script>\n</body>\n</html>\n";
    }

    private static String hash(String content) {
        return "sha256-" + Base64.getEncoder().encodeToString(HexFormat.of().parseHex(Sha256.hex(content)));
    }

    private static String resource(String name) {
        try (@Nullable InputStream in = Page.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + name + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the resource " + name, e);
        }
    }
}
