package io.alignstream.tokenizer.documents;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.textcleaning.Rule;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page says in Chinese what each rule is. */
class RuleNamesTest {

    @Test
    void everyRuleHasAChineseNameAndDescription() throws IOException {
        // Given
        String script;
        try (InputStream in = getClass().getResourceAsStream("/META-INF/resources/tokenizer/rules.js")) {
            script = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }

        // When / Then
        assertThat(Arrays.stream(Rule.values()).map(Rule::id)).allSatisfy(id -> assertThat(script)
                .containsPattern("\\n  '?" + Pattern.quote(id) + "'?: \\['[^']+', '[^']+'\\],"));
    }
}
