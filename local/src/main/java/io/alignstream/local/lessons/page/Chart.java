package io.alignstream.local.lessons.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Curves or points over two axes: a figure with a legend, an SVG drawing and, behind a summary, a table of the same numbers for
 * those who cannot see it.
 */
public final class Chart {

    private static final int WIDTH = 500;
    private static final int HEIGHT = 340;
    private static final int LEFT = 84;
    private static final int RIGHT = 26;
    private static final int TOP = 12;
    private static final int BOTTOM = 56;

    private final String id;
    private final String caption;
    private final Axis x;
    private final Axis y;
    private final List<Series> series = new ArrayList<>();
    private final StringBuilder marks = new StringBuilder();

    /**
     * Points of one kind, in order.
     *
     * @param name HTML
     * @param style colour and marker, 0 to 5
     * @param joined whether a line joins them
     * @param points each of x and y
     */
    public record Series(String name, int style, boolean joined, List<double[]> points) {

        public Series {
            points = List.copyOf(points);
        }
    }

    /**
     * A chart without points yet.
     *
     * @param id of the figure, once on a page
     * @param caption HTML
     */
    public Chart(String id, String caption, Axis x, Axis y) {
        this.id = id;
        this.caption = caption;
        this.x = x;
        this.y = y;
    }

    /** Adds points. */
    public Chart add(Series added) {
        series.add(added);
        return this;
    }

    /** Draws a level across the chart, for example that of chance. */
    public Chart level(String name, double value) {
        double at = down(value);
        marks.append(line("chance", LEFT, at, WIDTH - RIGHT, at));
        marks.append(texts(WIDTH - RIGHT - 4, at - 6, "end", name, "tick level"));
        return this;
    }

    /** All of it, with the numbers as {@code table}. */
    public String html(Table table) {
        StringBuilder html = new StringBuilder("<figure><figcaption id=\"")
                .append(id)
                .append("\">")
                .append(caption)
                .append("</figcaption><ul class=\"legend\">");
        series.forEach(one -> html.append("<li><svg viewBox=\"0 0 22 14\" aria-hidden=\"true\">")
                .append(one.joined ? curve(one.style, "M1 7H21") : "")
                .append(marker(one.style, 11, 7, ""))
                .append("</svg>")
                .append(one.name)
                .append("</li>"));
        html.append("</ul><svg class=\"chart\" viewBox=\"0 0 ")
                .append(WIDTH)
                .append(' ')
                .append(HEIGHT)
                .append("\" role=\"img\" aria-labelledby=\"")
                .append(id)
                .append("\">");
        x.ticks().forEach(tick -> {
            double at = right(tick);
            html.append(line("grid", at, TOP, at, HEIGHT - BOTTOM));
            html.append(text(at, HEIGHT - BOTTOM + 18, "middle", Axis.shown(tick), "tick"));
        });
        y.ticks().forEach(tick -> {
            double at = down(tick);
            html.append(line("grid", LEFT, at, WIDTH - RIGHT, at));
            html.append(text(LEFT - 6, at + 5, "end", Axis.shown(tick), "tick"));
        });
        html.append(texts((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, "middle", x.label(), ""));
        html.append("<g transform=\"translate(14 ")
                .append((TOP + HEIGHT - BOTTOM) / 2)
                .append(") rotate(-90)\">")
                .append(texts(0, 0, "middle", y.label(), ""))
                .append("</g>");
        series.forEach(one -> html.append(drawn(one)));
        html.append(marks).append("</svg><details><summary>").append(Words.html("page.numbers"));
        return html.append("</summary>")
                .append(table.html())
                .append("</details></figure>")
                .toString();
    }

    private String drawn(Series one) {
        StringBuilder path = new StringBuilder();
        StringBuilder points = new StringBuilder();
        for (double[] point : one.points) {
            double px = right(point[0]);
            double py = down(point[1]);
            path.append(path.isEmpty() ? 'M' : 'L').append(at(px)).append(' ').append(at(py));
            points.append(marker(one.style, px, py, Axis.shown(point[0]) + " / " + Axis.shown(point[1])));
        }
        return (one.joined ? curve(one.style, path.toString()) : "") + points;
    }

    private static String curve(int style, String path) {
        return "<path class=\"curve s" + style + "\" d=\"" + path + "\"/>";
    }

    /** Each style has a shape of its own, for who cannot tell the colours apart. */
    private static String marker(int style, double px, double py, String title) {
        String shape =
                switch (style) {
                    case 1 -> "M-5 -5H5V5H-5Z";
                    case 2 -> "M0 -6L6 5H-6Z";
                    case 3 -> "M0 -6L6 0L0 6L-6 0Z";
                    case 4 -> "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z";
                    case 5 -> "M0 6L6 -5H-6Z";
                    default -> "M-5 -2H-2V-5H2V-2H5V2H2V5H-2V2H-5Z";
                };
        return "<path class=\"s" + style + "\" transform=\"translate(" + at(px) + " " + at(py) + ")\" d=\"" + shape
                + "\">" + (title.isEmpty() ? "" : "<title>" + title + "</title>") + "</path>";
    }

    private static String line(String kind, double x1, double y1, double x2, double y2) {
        return "<line class=\"" + kind + "\" x1=\"" + at(x1) + "\" y1=\"" + at(y1) + "\" x2=\"" + at(x2) + "\" y2=\""
                + at(y2) + "\"/>";
    }

    private static String text(double px, double py, String anchor, String shown, String kind) {
        return "<text class=\"" + kind + "\" x=\"" + at(px) + "\" y=\"" + at(py) + "\" text-anchor=\"" + anchor + "\">"
                + shown + "</text>";
    }

    /** A text in both languages: a span is none of SVG's elements, a part of a text is. */
    private static String texts(double px, double py, String anchor, String html, String kind) {
        return text(px, py, anchor, html.replace("<span", "<tspan").replace("</span>", "</tspan>"), kind);
    }

    private double right(double value) {
        return LEFT + x.place(value) * (WIDTH - LEFT - RIGHT);
    }

    private double down(double value) {
        return HEIGHT - BOTTOM - y.place(value) * (HEIGHT - TOP - BOTTOM);
    }

    private static String at(double place) {
        return String.format(Locale.ROOT, "%.1f", place);
    }
}
