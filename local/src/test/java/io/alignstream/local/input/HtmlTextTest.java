package io.alignstream.local.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HtmlTextTest {

    private static final String TEXT = "The panda base of Chengdu opens at half past seven in the morning.";

    @Test
    void what_is_no_text_is_passed_over_with_all_that_is_in_it() throws IOException {
        // Given
        String page = "<body><nav><article>" + TEXT + " Menu.</article></nav><div class='sidebar'><p>" + TEXT
                + " Side.</p></div><main><p>" + TEXT + "</p><form><p>" + TEXT + " Form.</p></form><p>It closes at six."
                + "</p><p>There are one hundred and eighty pandas in it, says the sign.</p></main></body>";

        // When
        String text = HtmlText.of(page.getBytes(StandardCharsets.UTF_8), "UTF-8");

        // Then
        assertThat(text)
                .isEqualTo(TEXT + "\nIt closes at six.\nThere are one hundred and eighty pandas in it, says the sign.");
    }

    /** The time-out is far above what one pass takes and far below what a pass for each element would. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "<nav>a</nav>",
                "<p class=menu>a</p>",
                "<script>a</script>",
                "<div>",
                "<b>",
                "<a href=x>",
                "<p><b>x",
                "<table>a",
                "<table><tr><td>a",
                "<select><option>a",
                "<svg><path>",
                "<br>",
                "&amp;",
                "<!--",
                "<x y=z ",
                "</p>",
                "<li>a",
                "<button>a",
            })
    @Timeout(300)
    void a_large_page_of_one_thing_is_read_in_one_pass(String part) throws IOException {
        // Given
        int times = 4_000_000 / part.length();
        String page = "<body><p>" + TEXT + "</p>" + part.repeat(times);

        // When
        String text = HtmlText.of(page.getBytes(StandardCharsets.UTF_8), "UTF-8");

        // Then
        assertThat(text).startsWith(TEXT);
    }
}
