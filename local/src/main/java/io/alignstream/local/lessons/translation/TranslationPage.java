package io.alignstream.local.lessons.translation;

import io.alignstream.local.lessons.page.Axis;
import io.alignstream.local.lessons.page.Chart;
import io.alignstream.local.lessons.page.Page;
import io.alignstream.local.lessons.page.Table;
import io.alignstream.local.lessons.page.Words;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** The page of the encoder-decoder. */
final class TranslationPage {

    private final TranslationResult result;

    TranslationPage(TranslationResult result) {
        this.result = result;
    }

    String html(String command) {
        TranslationResult.Setting setting = result.setting();
        return new Page(
                        "translation.title",
                        Page.paragraph(
                                "translation.lead",
                                count(setting.trainingPairs()),
                                count(setting.testPairs()),
                                count(setting.parameters())))
                .section(
                        "translation.score.title",
                        "<div class=\"figures\">",
                        figure(percent(result.exactMatch()), "translation.exact"),
                        figure(String.format(Locale.ROOT, "%.0f s", result.seconds()), "translation.seconds"),
                        figure(
                                String.format(Locale.ROOT, "%.0f s", result.processorSeconds()),
                                "translation.processor"),
                        "</div>",
                        scores(),
                        mistakes())
                .section("translation.attention.title", Page.paragraph("translation.attention.text"), attention())
                .section(
                        "translation.learning.title",
                        Page.paragraph(
                                "translation.learning.text",
                                count(setting.training().steps()),
                                count(setting.training().batch()),
                                setting.training().layers(),
                                setting.training().width()),
                        losses())
                .section("translation.how.title", Page.paragraph("translation.how.text"))
                .html(command);
    }

    private static String figure(String number, String code) {
        return "<div><strong>" + number + "</strong>" + Words.html(code) + "</div>";
    }

    private String scores() {
        Table table = new Table(
                Words.html("translation.scores"),
                List.of(
                        Words.html("column.tested"),
                        Words.html("column.asked"),
                        Words.html("column.right"),
                        Words.html("column.share")));
        result.scores()
                .forEach(score -> table.row(
                        name(score),
                        List.of(
                                Table.number(count(score.tested())),
                                Table.number(count(score.right())),
                                Table.number(percent((double) score.right() / score.tested())))));
        return table.html();
    }

    private static String name(TranslationResult.Score score) {
        return Words.html("translation." + score.kind()) + " " + Words.html("translation." + score.direction());
    }

    private String mistakes() {
        Table table = new Table(
                Words.html("translation.mistakes"),
                List.of(
                        Words.html("column.tested"),
                        Words.html("column.source"),
                        Words.html("column.written"),
                        Words.html("column.expected")));
        List<TranslationResult.Score> wrong = result.scores().stream()
                .filter(score -> !score.mistakes().isEmpty())
                .toList();
        if (wrong.isEmpty()) {
            return Page.paragraph("translation.no-mistakes");
        }
        wrong.forEach(score -> score.mistakes()
                .forEach(mistake -> table.row(
                        name(score),
                        List.of(
                                Table.text(mistake.source()),
                                Table.text(mistake.written()),
                                Table.text(mistake.right())))));
        return table.html();
    }

    private String attention() {
        StringBuilder html = new StringBuilder("<div class=\"controls\"><label for=\"sentence\"><span>")
                .append(Words.html("translation.sentence"))
                .append("</span><select id=\"sentence\">");
        for (int i = 0; i < result.attention().size(); i++) {
            html.append("<option value=\"")
                    .append(i)
                    .append("\">")
                    .append(Words.escape(String.join(
                                    result.attention()
                                                    .get(i)
                                                    .source()
                                                    .getFirst()
                                                    .matches("[A-Za-z].*")
                                            ? " "
                                            : "",
                                    result.attention().get(i).source())
                            .replace("- ", "-")
                            .replace(" ,", ",")))
                    .append("</option>");
        }
        html.append("</select></label><label for=\"layer\"><span>")
                .append(Words.html("translation.layer"))
                .append("</span><select id=\"layer\">");
        views(result.attention().getFirst()).keySet().forEach(view -> html.append("<option value=\"")
                .append(view)
                .append("\" ")
                .append(viewNames(view))
                .append("</option>"));
        html.append("</select></label></div><p class=\"said\"><span id=\"written\" aria-live=\"polite\"></span></p>")
                .append("<div class=\"scroll\" tabindex=\"0\"><table id=\"shares\" class=\"shares\"><caption>")
                .append(Words.html("translation.shares"))
                .append("</caption><thead></thead><tbody></tbody></table></div>")
                .append(Page.data("sentences", sentences()));
        return html.toString();
    }

    /** What a view is called, as attributes and as content: an option's text is no HTML. */
    private static String viewNames(String view) {
        String[] parts = view.split("-");
        String code = parts.length == 1 ? "translation.view.layer" : "translation.view.head";
        Object[] arguments = parts.length == 1
                ? new Object[] {Integer.parseInt(parts[0]) + 1}
                : new Object[] {Integer.parseInt(parts[0]) + 1, Integer.parseInt(parts[1]) + 1};
        String english = Words.escape(Words.english(code, arguments));
        return "data-en=\"" + english + "\" data-zh=\"" + Words.escape(Words.chinese(code, arguments)) + "\">"
                + english;
    }

    /** Shares by what is looked at: each layer's heads together, the last layer first, and each head alone. */
    private static SequencedMap<String, float[][]> views(Translator.Attention attention) {
        SequencedMap<String, float[][]> views = new LinkedHashMap<>();
        float[][][][] shares = attention.shares();
        for (int layer = shares.length - 1; layer >= 0; layer--) {
            views.put(Integer.toString(layer), mean(shares[layer]));
        }
        for (int layer = shares.length - 1; layer >= 0; layer--) {
            for (int head = 0; head < shares[layer].length; head++) {
                views.put(layer + "-" + head, shares[layer][head]);
            }
        }
        return views;
    }

    private static float[][] mean(float[][][] heads) {
        float[][] mean = new float[heads[0].length][heads[0][0].length];
        for (float[][] head : heads) {
            for (int t = 0; t < mean.length; t++) {
                for (int s = 0; s < mean[t].length; s++) {
                    mean[t][s] += head[t][s] / heads.length;
                }
            }
        }
        return mean;
    }

    private String sentences() {
        return result.attention().stream()
                .map(attention -> "{\"source\":" + strings(attention.source()) + ",\"target\":"
                        + strings(attention.target()) + ",\"text\":"
                        + strings(List.of(attention.text())).replaceAll("^\\[|]$", "")
                        + ",\"shares\":{" + shares(views(attention)) + "}}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    private static String shares(Map<String, float[][]> views) {
        List<String> entries = new ArrayList<>();
        views.forEach((name, rows) -> {
            List<String> shown = new ArrayList<>();
            for (float[] row : rows) {
                List<String> cells = new ArrayList<>();
                for (float share : row) {
                    cells.add(String.format(Locale.ROOT, "%.3f", share));
                }
                shown.add("[" + String.join(",", cells) + "]");
            }
            entries.add("\"" + name + "\":[" + String.join(",", shown) + "]");
        });
        return String.join(",", entries);
    }

    /** Words hold neither quotes nor backslashes. */
    private static String strings(List<String> words) {
        return words.stream().map(word -> "\"" + word + "\"").collect(Collectors.joining(",", "[", "]"));
    }

    private String losses() {
        double[] steps = result.losses().stream().mapToDouble(point -> point[0]).toArray();
        double[] losses =
                result.losses().stream().mapToDouble(point -> point[1]).toArray();
        Chart chart = new Chart(
                "losses",
                Words.html("translation.losses"),
                Axis.linear(Words.html("axis.steps"), steps),
                Axis.logarithmic(Words.html("axis.nats"), losses));
        chart.add(new Chart.Series(Words.html("translation.loss"), 4, true, result.losses()));
        Table table =
                new Table(Words.html("translation.losses"), List.of(Words.html("axis.steps"), Words.html("axis.nats")));
        result.losses()
                .forEach(point -> table.row(
                        count((long) point[0]), List.of(Table.number(String.format(Locale.ROOT, "%.4f", point[1])))));
        return chart.html(table);
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}
