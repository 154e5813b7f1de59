package io.alignstream.local.lessons.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.stageruntime.testing.Chromium;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Looks at a lesson's page in a real browser. */
public final class PageCheck {

    private PageCheck() {}

    /** Requires of {@code html} what every page owes its readers, and then what {@code more} does. */
    public static void of(String html, Path folder, Consumer<Chromium> more) throws IOException {
        Path file = folder.resolve("page.html");
        Files.writeString(file, html);
        assertThat(html).doesNotContain("http://", "https://", "NaN", "null");
        try (Chromium browser = Chromium.start()) {
            browser.show(1200, 900, false);
            browser.open(file.toUri() + "#en");
            assertThat(browser.hindrances()).isEmpty();
            speaks(browser, "en");
            more.accept(browser);
            browser.value("document.querySelector('button[data-speak=zh]').focus()");
            browser.press("Enter");
            browser.await("document.documentElement.lang === 'zh-CN'");
            speaks(browser, "zh");
            browser.show(360, 760, true);
            assertThat(browser.value("[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll,"
                                    + " .skip')).filter(e => e.getBoundingClientRect().right > 361).map(e =>"
                                    + " e.outerHTML.slice(0, 80)).join('\\n"
                                    + "')")
                            .asText())
                    .as("what is too wide for a phone")
                    .isEmpty();
            assertThat(browser.hindrances()).isEmpty();
            assertThat(browser.value("performance.getEntriesByType('resource').length")
                            .asInt())
                    .as("nothing is fetched")
                    .isZero();
        }
    }

    /** Every heading says something in {@code language}, and nothing is shown in the other one. */
    private static void speaks(Chromium browser, String language) {
        String shown = browser.value("[...document.querySelectorAll('h1, h2, summary, figcaption')]"
                        + ".map(e => [...e.querySelectorAll('." + language
                        + "')].filter(s => s.checkVisibility()).map(s => s.innerText).join(' ')).join('\\n')")
                .asText();
        assertThat(shown.lines()).hasSizeGreaterThan(4).noneMatch(String::isBlank);
        assertThat(browser.value("document.querySelectorAll('.en').length === document.querySelectorAll('.zh').length")
                        .asBoolean())
                .isTrue();
        assertThat(browser.value("[...document.querySelectorAll('." + (language.equals("en") ? "zh" : "en")
                                + "')].every(e => !e.checkVisibility())")
                        .asBoolean())
                .as("of the other language nothing is shown")
                .isTrue();
    }
}
