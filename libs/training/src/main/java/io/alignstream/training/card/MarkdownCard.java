package io.alignstream.training.card;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.training.card.Section.Cell;
import io.alignstream.training.card.Section.Table;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A card as the README of a model: Markdown behind the front matter that <a
 * href="https://huggingface.co/docs/hub/model-cards">Hugging Face's hub</a> reads. A function of card and language; values stand in
 * the front matter as JSON, which is YAML, and in tables with everything escaped that Markdown or HTML would take for its own.
 */
public final class MarkdownCard {

    private static final JsonMapper JSON = new JsonMapper();
    private static final MathContext DIGITS = new MathContext(4);
    /** Scripts that one language alone is commonly written in. */
    private static final Map<String, String> LANGUAGE_OF_SCRIPT =
            Map.of("han", "zh", "hiragana", "ja", "hangul", "ko", "thai", "th", "greek", "el", "hebrew", "he");
    /** Of all letters, below which a script is a guest. */
    private static final double LEAST_SHARE = 0.05;

    private final ModelCard card;
    private final Messages messages;
    private final StringBuilder out = new StringBuilder();

    private MarkdownCard(ModelCard card, Language language) {
        this.card = card;
        this.messages = Messages.in(language);
    }

    /** {@code card} in a language. */
    public static String of(ModelCard card, Language language) {
        MarkdownCard markdown = new MarkdownCard(card, language);
        markdown.frontMatter();
        markdown.body();
        return markdown.out.toString();
    }

    private void frontMatter() {
        out.append("---\n");
        List<String> languages = languages();
        if (!languages.isEmpty()) {
            list("language", languages);
        }
        if (card.licence() != null) {
            field("license", card.licence());
        }
        field("library_name", "transformers");
        field("pipeline_tag", "text-generation");
        list("tags", List.of("alignstream", card.stage().model()));
        List<String> sources = card.documents().stream()
                .flatMap(facts -> facts.sources().largest().keySet().stream())
                .filter(source -> source.matches("[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)?"))
                .toList();
        if (!sources.isEmpty()) {
            list("datasets", sources);
        }
        modelIndex();
        out.append("---\n\n");
    }

    private void modelIndex() {
        ModelCard.Release release = card.release();
        if (release == null || release.gate().isEmpty()) {
            return;
        }
        out.append("model-index:\n- name: ").append(json(card.name())).append("\n  results:\n");
        out.append("  - task:\n      type: text-generation\n");
        out.append("    dataset:\n      type: held-out\n      name: held-out prompts of the gate\n    metrics:\n");
        Stream.concat(release.gate().entrySet().stream(), release.safety().entrySet().stream())
                .forEach(figure -> out.append("    - type: ")
                        .append(json(figure.getKey()))
                        .append("\n      value: ")
                        .append(figure.getValue())
                        .append('\n'));
    }

    /** Labels that look like a language's tag; where there are none, what the script alone says. */
    private List<String> languages() {
        SortedSet<String> labelled = new TreeSet<>();
        ModelCard.sum(card.documents().stream().map(DataFacts::languages)).keySet().stream()
                .filter(language -> language.matches("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"))
                .forEach(labelled::add);
        if (!labelled.isEmpty()) {
            return List.copyOf(labelled);
        }
        Map<String, Long> scripts = ModelCard.sum(card.documents().stream().map(DataFacts::scripts));
        long letters = scripts.values().stream().mapToLong(Long::longValue).sum();
        SortedSet<String> read = new TreeSet<>();
        scripts.forEach((script, count) -> {
            String language = LANGUAGE_OF_SCRIPT.get(script);
            if (language != null && count >= LEAST_SHARE * letters) {
                read.add(language);
            }
        });
        if (read.contains("ja")) {
            read.remove("zh"); // its Han is Japanese as well as not
        }
        return List.copyOf(read);
    }

    private void field(String name, String value) {
        out.append(name).append(": ").append(json(value)).append('\n');
    }

    private void list(String name, List<String> values) {
        out.append(name).append(":\n");
        values.forEach(value -> out.append("- ").append(json(value)).append('\n'));
    }

    private static String json(String value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write a text as JSON: " + e.getOriginalMessage(), e);
        }
    }

    private void body() {
        out.append("# ").append(escaped(card.name())).append("\n\n");
        for (Section section : CardSections.of(card)) {
            out.append("## ").append(messages.text(section.title())).append("\n\n");
            for (Section.Block block : section.blocks()) {
                if (block.said() != null) {
                    out.append(escaped(messages.text(block.said()))).append("\n\n");
                }
                if (block.table() != null) {
                    table(block.table());
                }
            }
        }
        out.append("## ").append(messages.text("card.section.use")).append("\n\n```python\n");
        out.append("from transformers import AutoModelForCausalLM, AutoTokenizer\n\n");
        out.append("tokenizer = AutoTokenizer.from_pretrained(\".\")\n");
        out.append("model = AutoModelForCausalLM.from_pretrained(\".\")\n```\n");
    }

    private void table(Table table) {
        line(table.head().stream().map(messages::text).toList());
        String[] rules = new String[table.head().size()];
        Arrays.fill(rules, "---");
        line(List.of(rules));
        for (List<Cell> row : table.rows()) {
            List<String> cells = new ArrayList<>();
            row.forEach(cell -> cells.add(shown(cell)));
            line(cells);
        }
        out.append('\n');
    }

    private void line(List<String> cells) {
        out.append(cells.stream().collect(Collectors.joining(" | ", "| ", " |\n")));
    }

    private String shown(Cell cell) {
        if (cell.text() != null) {
            return escaped(cell.text());
        }
        if (cell.number() != null) {
            return number(cell.number());
        }
        if (cell.share() != null) {
            return number(100 * cell.share()) + " %";
        }
        if (cell.figure() != null) {
            String code = "metric." + cell.figure();
            String name = messages.text(code);
            return escaped(name.equals(code) ? cell.figure() : name);
        }
        return cell.said() == null ? "" : escaped(messages.text(cell.said()));
    }

    /** Whole numbers as they are, others with four digits that say something. */
    static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return Long.toString((long) value);
        }
        return new BigDecimal(value).round(DIGITS).stripTrailingZeros().toPlainString();
    }

    /** What people have written is text: no markup, no HTML, no further cell, no further line. */
    static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c == '<') {
                escaped.append("&lt;");
            } else if (c == '&') {
                escaped.append("&amp;");
            } else if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
                escaped.append(' ');
            } else {
                if ("\\`*_{}[]|#".indexOf(c) >= 0) {
                    escaped.append('\\');
                }
                escaped.appendCodePoint(c);
            }
        });
        return escaped.toString();
    }
}
