package io.alignstream.local.lessons.history;

import io.alignstream.local.lessons.page.Axis;
import io.alignstream.local.lessons.page.Chart;
import io.alignstream.local.lessons.page.Page;
import io.alignstream.local.lessons.page.Table;
import io.alignstream.local.lessons.page.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The page of what came before. */
final class HistoryPage {

    private static final List<String> KINDS = List.of("n-gram", "rnn", "lstm", "gru", "transformer");

    private final HistoryResult result;

    HistoryPage(HistoryResult result) {
        this.result = result;
    }

    String html(String command) {
        HistoryResult.Setting setting = result.setting();
        HistoryResult.Distances distances = result.longDistance();
        return new Page(
                        "history.title",
                        Page.paragraph(
                                "history.lead",
                                setting.text(),
                                count(setting.trainingTokens()),
                                count(setting.steps()),
                                count(setting.tokensSeen())))
                .section(
                        "history.loss.title",
                        Page.paragraph("history.loss.text"),
                        "<div class=\"charts\">",
                        frontier("parameters", HistoryResult.Row::parameters),
                        frontier("seconds", row -> Math.max(0.01, row.processorSeconds())),
                        "</div>",
                        models())
                .section("history.context.title", Page.paragraph("history.context.text"), context())
                .section(
                        "history.distance.title",
                        Page.paragraph("history.distance.text", count(distances.questions()), count(distances.steps())),
                        "<p><span class=\"said\" lang=\"zh-CN\">" + Words.escape(distances.sample()) + "</span></p>",
                        distance())
                .section("history.written.title", Page.paragraph("history.written.text", setting.prompt()), written())
                .section(
                        "history.fair.title",
                        Page.paragraph("history.fair.text"),
                        Page.paragraph("history.fair.rates", setting.learningRates()),
                        Page.paragraph("history.fair.sources"))
                .html(command);
    }

    private List<HistoryResult.Row> of(String kind) {
        return result.models().stream().filter(row -> row.kind().equals(kind)).toList();
    }

    private String frontier(String axis, ToDoubleFunction<HistoryResult.Row> across) {
        double[] x = result.models().stream().mapToDouble(across).toArray();
        double[] y = result.models().stream()
                .mapToDouble(HistoryResult.Row::bitsPerByte)
                .toArray();
        Chart chart = new Chart(
                "by-" + axis,
                Words.html("history.by." + axis),
                Axis.logarithmic(Words.html("axis." + axis), x),
                Axis.linear(Words.html("axis.bits"), y));
        Table table = new Table(
                Words.html("history.by." + axis),
                List.of(Words.html("column.model"), Words.html("axis." + axis), Words.html("axis.bits")));
        for (String kind : KINDS) {
            List<double[]> points = of(kind).stream()
                    .map(row -> new double[] {across.applyAsDouble(row), row.bitsPerByte()})
                    .toList();
            chart.add(new Chart.Series(name(kind), KINDS.indexOf(kind), true, points));
            of(kind).forEach(row -> table.row(
                    name(row),
                    List.of(
                            Table.number(
                                    axis.equals("seconds")
                                            ? decimal(row.processorSeconds(), 1)
                                            : count(row.parameters())),
                            Table.number(decimal(row.bitsPerByte(), 3)))));
        }
        return chart.html(table);
    }

    private String models() {
        Table table = new Table(
                Words.html("history.models"),
                List.of(
                        Words.html("column.model"),
                        Words.html("axis.parameters"),
                        Words.html("axis.bits"),
                        Words.html("column.wall"),
                        Words.html("axis.seconds")));
        result.models()
                .forEach(row -> table.row(
                        name(row),
                        List.of(
                                Table.number(count(row.parameters())),
                                Table.number(decimal(row.bitsPerByte(), 3)),
                                Table.number(decimal(row.seconds(), 1)),
                                Table.number(decimal(row.processorSeconds(), 1)))));
        return table.html();
    }

    /** Of each kind the best one. */
    private String context() {
        List<HistoryResult.Row> best = KINDS.stream()
                .map(kind -> of(kind).stream()
                        .min((one, other) -> Double.compare(one.bitsPerByte(), other.bitsPerByte()))
                        .orElseThrow())
                .toList();
        List<HistoryResult.Context> contexts = best.getFirst().byContext();
        Axis across = new Axis(
                Words.html("axis.context"),
                true,
                contexts.getFirst().tokens() / 1.2,
                contexts.getLast().tokens() * 1.2,
                contexts.stream().map(context -> (double) context.tokens()).toList());
        double[] losses = best.stream()
                .flatMap(row -> row.byContext().stream())
                .mapToDouble(HistoryResult.Context::nats)
                .toArray();
        Chart chart = new Chart(
                "by-context", Words.html("history.by.context"), across, Axis.linear(Words.html("axis.nats"), losses));
        List<String> headings = new ArrayList<>(List.of(Words.html("column.model")));
        contexts.forEach(context -> headings.add(Words.html("column.tokens", context.tokens())));
        Table table = new Table(Words.html("history.by.context"), headings);
        for (HistoryResult.Row row : best) {
            chart.add(new Chart.Series(
                    name(row),
                    KINDS.indexOf(row.kind()),
                    true,
                    row.byContext().stream()
                            .map(context -> new double[] {context.tokens(), context.nats()})
                            .toList()));
            table.row(
                    name(row),
                    row.byContext().stream()
                            .map(context -> Table.number(decimal(context.nats(), 3)))
                            .toList());
        }
        return chart.html(table);
    }

    private String distance() {
        HistoryResult.Distances distances = result.longDistance();
        List<HistoryResult.Range> ranges = distances.models().getFirst().ranges();
        Axis across = new Axis(
                Words.html("axis.distance"),
                false,
                0,
                ranges.getLast().farthest(),
                ranges.stream().map(range -> (double) range.farthest()).toList());
        Chart chart = new Chart(
                "by-distance",
                Words.html("history.by.distance"),
                across,
                new Axis(Words.html("axis.accuracy"), false, 0, 100, List.of(0.0, 20.0, 40.0, 60.0, 80.0, 100.0)));
        List<String> headings = new ArrayList<>(List.of(Words.html("column.model"), Words.html("axis.parameters")));
        ranges.forEach(
                range -> headings.add(Words.html("column.range", Math.max(5, range.farthest() - 9), range.farthest())));
        Table table = new Table(Words.html("history.by.distance.percent"), headings);
        for (HistoryResult.Recall recall : distances.models()) {
            List<double[]> points = recall.ranges().stream()
                    .filter(range -> range.asked() > 0)
                    .map(range -> new double[] {range.farthest() - 4.5, range.percent()})
                    .toList();
            chart.add(new Chart.Series(name(recall.kind()), KINDS.indexOf(recall.kind()), true, points));
            List<String> cells = new ArrayList<>(List.of(Table.number(count(recall.parameters()))));
            recall.ranges()
                    .forEach(range -> cells.add(Table.number(range.asked() == 0 ? "–" : decimal(range.percent(), 0))));
            table.row(name(recall.kind()), cells);
        }
        chart.level(Words.html("history.chance"), 100 * distances.chance());
        return chart.html(table);
    }

    private String written() {
        Table table = new Table(
                Words.html("history.written.caption", result.setting().prompt()),
                List.of(Words.html("column.model"), Words.html("column.written")));
        result.models()
                .forEach(row -> table.row(
                        name(row),
                        List.of(Table.text(result.setting().prompt() + " ▸ "
                                + row.written().strip()))));
        return table.html();
    }

    private static String name(String kind) {
        return kind.equals("n-gram") || kind.equals("transformer")
                ? Words.html("model." + kind)
                : kind.toUpperCase(Locale.ROOT);
    }

    private static String name(HistoryResult.Row row) {
        return row.kind().equals("n-gram")
                ? Words.html("model.n-gram.order", row.size())
                : name(row.kind()) + " " + Words.html("size." + row.size());
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String decimal(double number, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "f", number);
    }
}
