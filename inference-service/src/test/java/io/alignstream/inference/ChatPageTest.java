package io.alignstream.inference;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.stageruntime.testing.Chromium;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A real browser that shows the chat of the running service, and what a test does in it. */
abstract class ChatPageTest extends ServiceTest {

    private static final String AXE = "/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js";
    private static final Path PICTURES = Path.of("target", "pictures");

    /** Answers of the tiny model come to no end by themselves. */
    static final String BRIEF = "max_tokens: 12";

    Chromium browser;

    @BeforeEach
    void start() throws IOException {
        serve(first);
        browser = Chromium.start();
        browser.show(1100, 900, false);
        browser.open(address.resolve("/chat?language=en").toString());
        // nothing moves under a click any more
        browser.await("document.querySelector('#model').classList.contains('served')");
    }

    @AfterEach
    void end() throws IOException {
        browser.close();
    }

    final void picture(String name, int width) throws IOException {
        Files.createDirectories(PICTURES);
        Files.write(PICTURES.resolve(name + "-" + width + ".png"), browser.picture());
    }

    final List<JsonNode> violations() throws IOException {
        try (InputStream axe = Objects.requireNonNull(getClass().getResourceAsStream(AXE), AXE)) {
            browser.value(new String(axe.readAllBytes(), StandardCharsets.UTF_8) + ";0");
        }
        return browser.value("axe.run().then(result => result.violations"
                        + ".filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) =>"
                        + " ({ id, nodes: nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary) })))")
                .valueStream()
                .toList();
    }

    /** Has the page begin with these settings, fields of a JavaScript object. */
    final void settings(String fields) {
        browser.value("localStorage.setItem('alignstream-chat-settings', JSON.stringify({ " + fields + " }))");
        browser.open(address.resolve("/chat").toString());
    }

    /** Has a script take the requests for answers: {@code body} is asked, {@code served} asks the service. */
    final void intercept(String script) {
        browser.value("const served = window.fetch; window.fetch = async (address, options) => {"
                + " if (!String(address).includes('completions')) { return served(address, options); }"
                + " const body = JSON.parse(options.body); " + script + " };0");
    }

    final void ask(String question) {
        int before = count(".verdict:not([hidden])");
        browser.await("document.querySelector('#model').className === 'served'");
        browser.value("document.querySelector('#question').focus()");
        browser.type(question);
        browser.press("Enter");
        answered(before + 1);
    }

    final void answered(int answers) {
        browser.await("document.querySelectorAll('.verdict:not([hidden])').length >= " + answers
                + " && document.querySelector('#send').classList.contains('primary')");
    }

    final int count(String selector) {
        return browser.value("document.querySelectorAll('" + selector + "').length")
                .asInt();
    }

    final String text(String selector) {
        return browser.value("document.querySelector('" + selector + "').innerText")
                .asText();
    }
}
