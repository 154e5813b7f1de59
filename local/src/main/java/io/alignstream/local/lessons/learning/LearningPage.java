package io.alignstream.local.lessons.learning;

import io.alignstream.local.lessons.page.Axis;
import io.alignstream.local.lessons.page.Chart;
import io.alignstream.local.lessons.page.Page;
import io.alignstream.local.lessons.page.Table;
import io.alignstream.local.lessons.page.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The page of the ways of learning. */
final class LearningPage {

    private final LearningResult result;

    LearningPage(LearningResult result) {
        this.result = result;
    }

    String html(String command) {
        LearningResult.Setting setting = result.setting();
        LearningResult.Pseudo pseudo = result.pseudo();
        return new Page(
                        "learning.title",
                        Page.paragraph("learning.lead", count(setting.documents()), count(setting.tested())))
                .section("learning.ways.title", ways())
                .section(
                        "learning.self.title",
                        Page.paragraph(
                                "learning.self.text",
                                count(setting.steps()),
                                count(setting.parameters()),
                                decimal(result.pretraining().before()),
                                decimal(result.pretraining().after())),
                        losses())
                .section(
                        "learning.unsupervised.title",
                        Page.paragraph(
                                "learning.unsupervised.text",
                                setting.width(),
                                percent(result.clusters().purity()),
                                decimal(result.clusters().mutualInformation()),
                                decimal(result.clusters().untrainedMutualInformation())),
                        "<div class=\"charts\">",
                        plane(),
                        counts(),
                        "</div>")
                .section("learning.supervised.title", Page.paragraph("learning.supervised.text"), accuracy())
                .section(
                        "learning.semi.title",
                        Page.paragraph(
                                "learning.semi.text",
                                count(pseudo.result().labels()),
                                percent(pseudo.taken()),
                                percent(pseudo.right()),
                                percent(first().accuracy()),
                                percent(pseudo.result().accuracy())),
                        draws())
                .section("learning.how.title", Page.paragraph("learning.how.text"))
                .html(command);
    }

    private LearningResult.Labelled first() {
        return result.supervised().getFirst();
    }

    private LearningResult.Labelled all() {
        return result.supervised().getLast();
    }

    private String ways() {
        Table table = new Table(
                Words.html("learning.ways"),
                Stream.of("column.way", "column.given", "column.learned", "column.figure")
                        .map(Words::html)
                        .toList());
        way(
                table,
                "self",
                "0",
                Words.html(
                        "learning.figure.self",
                        decimal(result.pretraining().before()),
                        decimal(result.pretraining().after())));
        way(
                table,
                "unsupervised",
                "0",
                Words.html(
                        "learning.figure.unsupervised",
                        decimal(result.clusters().mutualInformation()),
                        percent(result.clusters().purity())));
        way(
                table,
                "supervised",
                count(all().labels()),
                Words.html("learning.figure.supervised", percent(all().accuracy()), percent(result.majority())));
        way(
                table,
                "semi",
                count(first().labels()),
                Words.html(
                        "learning.figure.semi",
                        percent(result.pseudo().result().accuracy()),
                        percent(first().accuracy())));
        return table.html();
    }

    private static void way(Table table, String way, String labels, String figure) {
        table.row(
                Words.html("learning.way." + way),
                List.of(
                        Table.number(labels),
                        "<td>" + Words.html("learning.learned." + way) + "</td>",
                        "<td>" + figure + "</td>"));
    }

    private String losses() {
        List<double[]> losses = result.pretraining().losses();
        Chart chart = new Chart(
                "losses",
                Words.html("learning.losses"),
                Axis.linear(
                        Words.html("axis.steps"),
                        losses.stream().mapToDouble(point -> point[0]).toArray()),
                Axis.linear(
                        Words.html("axis.nats"),
                        losses.stream().mapToDouble(point -> point[1]).toArray()));
        chart.add(new Chart.Series(Words.html("learning.loss"), 4, true, losses));
        Table table =
                new Table(Words.html("learning.losses"), List.of(Words.html("axis.steps"), Words.html("axis.nats")));
        losses.forEach(point -> table.row(count((long) point[0]), List.of(Table.number(decimal(point[1])))));
        return chart.html(table);
    }

    private String plane() {
        List<double[]> points = result.clusters().points();
        Chart chart = new Chart(
                "plane",
                Words.html("learning.plane"),
                Axis.linear(
                        Words.html("axis.first"),
                        points.stream().mapToDouble(point -> point[0]).toArray()),
                Axis.linear(
                        Words.html("axis.second"),
                        points.stream().mapToDouble(point -> point[1]).toArray()));
        Table table = new Table(
                Words.html("learning.plane.table"),
                List.of(
                        Words.html("column.cluster"),
                        Words.html("column.documents"),
                        Words.html("axis.first"),
                        Words.html("axis.second")));
        for (int cluster = 0; cluster < Kind.values().length; cluster++) {
            int one = cluster;
            List<double[]> members =
                    points.stream().filter(point -> (int) point[2] == one).toList();
            chart.add(new Chart.Series(Words.html("learning.cluster", cluster + 1), cluster, false, members));
            table.row(
                    Words.html("learning.cluster", cluster + 1),
                    List.of(
                            Table.number(count(members.size())),
                            Table.number(decimal(members.stream()
                                    .mapToDouble(point -> point[0])
                                    .average()
                                    .orElse(0))),
                            Table.number(decimal(members.stream()
                                    .mapToDouble(point -> point[1])
                                    .average()
                                    .orElse(0)))));
        }
        return chart.html(table);
    }

    private String counts() {
        List<String> headings = new ArrayList<>(List.of(Words.html("column.cluster")));
        for (Kind kind : Kind.values()) {
            headings.add(Words.html("kind." + kind.name().toLowerCase(Locale.ROOT)));
        }
        Table table = new Table(Words.html("learning.counts"), headings);
        for (int cluster = 0; cluster < result.clusters().counts().length; cluster++) {
            List<String> cells = new ArrayList<>();
            for (int number : result.clusters().counts()[cluster]) {
                cells.add(Table.number(count(number)));
            }
            table.row(Words.html("learning.cluster", cluster + 1), cells);
        }
        return table.html();
    }

    private String accuracy() {
        Chart chart = new Chart(
                "accuracy",
                Words.html("learning.accuracy"),
                Axis.logarithmic(
                        Words.html("axis.labels"),
                        result.supervised().stream()
                                .mapToDouble(LearningResult.Labelled::labels)
                                .toArray()),
                new Axis(Words.html("axis.accuracy"), false, 0, 100, List.of(0.0, 20.0, 40.0, 60.0, 80.0, 100.0)));
        chart.add(series("learning.on.trained", 4, true, result.supervised()));
        chart.add(series("learning.on.untrained", 1, true, result.untrained()));
        chart.add(series("learning.on.pseudo", 2, false, List.of(result.pseudo().result())));
        chart.level(Words.html("learning.majority"), 100 * result.majority());
        Table table = new Table(
                Words.html("learning.accuracy"),
                List.of(
                        Words.html("axis.labels"),
                        Words.html("learning.on.trained"),
                        Words.html("learning.on.untrained")));
        for (int i = 0; i < result.supervised().size(); i++) {
            table.row(
                    count(result.supervised().get(i).labels()),
                    List.of(
                            Table.number(percent(result.supervised().get(i).accuracy())),
                            Table.number(percent(result.untrained().get(i).accuracy()))));
        }
        return chart.html(table);
    }

    private static Chart.Series series(
            String name, int style, boolean joined, List<LearningResult.Labelled> classifiers) {
        return new Chart.Series(
                Words.html(name),
                style,
                joined,
                classifiers.stream()
                        .map(one -> new double[] {one.labels(), 100 * one.accuracy()})
                        .toList());
    }

    private String draws() {
        Table table = new Table(
                Words.html("learning.draws"),
                Stream.of(
                                "column.classifier",
                                "column.labels",
                                "column.mean",
                                "column.least",
                                "column.most",
                                "column.recall")
                        .map(Words::html)
                        .toList());
        row(table, "learning.with.few", first());
        row(table, "learning.with.pseudo", result.pseudo().result());
        row(table, "learning.with.all", all());
        return table.html();
    }

    private static void row(Table table, String name, LearningResult.Labelled one) {
        table.row(
                Words.html(name),
                Stream.of(
                                count(one.labels()),
                                percent(one.accuracy()),
                                percent(one.least()),
                                percent(one.most()),
                                percent(one.recall()))
                        .map(Table::number)
                        .toList());
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String decimal(double number) {
        return String.format(Locale.ROOT, "%.3f", number);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}
