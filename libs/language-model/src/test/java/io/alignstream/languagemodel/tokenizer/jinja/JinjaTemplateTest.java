package io.alignstream.languagemodel.tokenizer.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JinjaTemplateTest {

    private static final int CHARS = 1_000;

    /** {@code renderings.json} holds what Jinja 3.1 with the settings of transformers 4.57 makes of each; null for an error. */
    @Test
    void rendersWhatTransformersRenders() throws Exception {
        JsonNode file;
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/jinja/renderings.json"))) {
            file = new ObjectMapper().readTree(in);
        }
        for (JsonNode each : file.path("renderings")) {
            // Given
            String template = each.path("template").asText();
            JsonNode expected = each.path("rendered");

            // When
            String rendered;
            try {
                rendered = JinjaTemplate.read(template)
                        .render(Given.of(file.path("given")), CHARS)
                        .value();
            } catch (TemplateException e) {
                assertThat(e.kind()).as(e.getMessage()).isEqualTo(TemplateException.Kind.REFUSED);
                rendered = null;
            }

            // Then
            assertThat(rendered).as(template).isEqualTo(expected.isNull() ? null : expected.asText());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% include 'x' %}",
                "{% raw %}x{% endraw %}",
                "{{ x | wordwrap }}",
                "{{ x is escaped }}",
                "{{ 'a'.format(1) }}",
                "{{ 2 ** 3 }}",
                "{{ f(*x) }}",
                "{% for x in y recursive %}{% endfor %}"
            })
    void whatIsNotKnownIsRefusedBeforeAnythingIsRendered(String template) {
        assertThatThrownBy(() -> JinjaTemplate.read(template))
                .isInstanceOf(TemplateException.class)
                .hasMessageEndingWith("is not supported")
                .extracting(e -> ((TemplateException) e).kind())
                .isEqualTo(TemplateException.Kind.UNSUPPORTED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                "{% set x = namespace(t='x') %}{% for i in range(99) %}{% set x.t = x.t + x.t %}{% endfor %}",
                "{{ 'x' * 999999999 }}",
                "{{ 9223372036854775807 + 1 }}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% set x = namespace(l=[1]) %}{% for i in range(99) %}{% set x.l = x.l + x.l %}{% endfor %}",
                "{% set x = namespace(l=[]) %}{% for i in range(99999) %}{% set x.l = [x.l] %}{% endfor %}{{ x.l }}",
                "{% set x = namespace(l=[]) %}{% for i in range(99999) %}{% set x.l = [x.l] %}{% endfor %}{{ x.l | tojson }}"
            })
    void noTemplateRunsOrGrowsForEver(String template) {
        assertThatThrownBy(() -> JinjaTemplate.read(template).render(Map.of(), CHARS))
                .isInstanceOf(TemplateException.class);
    }

    @Test
    void deeplyNestedTemplatesAreRefused() {
        for (String template : List.of(
                "{{ " + "(".repeat(50_000) + " }}",
                "{{ " + "not ".repeat(50_000) + "x }}",
                "{% if x %}".repeat(10_000),
                "{{ " + "-".repeat(50_000) + "1 }}")) {
            assertThatThrownBy(() -> JinjaTemplate.read(template)).isInstanceOf(TemplateException.class);
        }
        String sum = "{{ 1" + " + 1".repeat(20_000) + " }}";
        assertThatThrownBy(() -> JinjaTemplate.read(sum).render(Map.of(), CHARS))
                .isInstanceOf(TemplateException.class);
    }

    @Test
    void everyCharacterKeepsItsOrigin() {
        // Given
        MarkedText typed = MarkedText.of("  Ab </s> <think>c</think> \n", Given.TYPED);
        List<String> templates = List.of(
                "{{ x }}",
                "<{{ x | trim }}>",
                "{{ x.split('<')[1] ~ x.upper() ~ x[2:5] ~ x[::-1] }}",
                "{{ x.replace('b', 'TEMPLATE') }}",
                "{{ [x] }}{{ {'k': x} | tojson }}",
                "{% set y %}({{ x }}){% endset %}{{ y }}{% macro m(a) %}{{ a * 2 }}{% endmacro %}{{ m(x) }}",
                "{{ [x, x] | map('lower') | join('-') }}{{ x | indent }}{{ x | title }}{{ (x | safe) + '<' }}");

        // When
        List<String> taken = new ArrayList<>();
        for (String template : templates) {
            MarkedText rendered = JinjaTemplate.read(template).render(Map.of("x", typed), CHARS);
            StringBuilder own = new StringBuilder();
            for (int i = 0; i < rendered.length(); i++) {
                if (rendered.origins().charAt(i) == MarkedText.TEMPLATE) {
                    own.append(rendered.value().charAt(i));
                }
            }
            taken.add(own.toString());
        }

        // Then
        assertThat(taken).containsExactly("", "<>", "", "TEMPLATE", "['']{\"k\": \"\"}", "()", "-\n&lt;");
    }
}
