package io.alignstream.pretrain.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a sweep found: a table for the terminal and a plot as SVG. */
final class SweepReport {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 480;
    private static final int LEFT = 70;
    private static final int RIGHT = 290;
    private static final int TOP = 30;
    private static final int BOTTOM = 50;
    private static final String[] COLOURS = {
        "#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0"
    };

    private SweepReport() {}

    /** One line a set, the best first. */
    static List<String> table(List<Sweep.Trial> ranked) {
        int width =
                ranked.stream().mapToInt(trial -> trial.title.length()).max().orElse(0);
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                "  %2s  %-" + Math.max(8, width) + "s  %13s  %6s  %6s  %s",
                "",
                "settings",
                "bits per byte",
                "steps",
                "rounds",
                "outcome"));
        int rank = 0;
        for (Sweep.Trial trial : ranked) {
            rank++;
            lines.add(String.format(
                    Locale.ROOT,
                    "  %2d  %-" + Math.max(8, width) + "s  %13s  %6d  %6d  %s",
                    rank,
                    trial.title,
                    trial.failed() ? "-" : String.format(Locale.ROOT, "%.4f", trial.bitsPerByte),
                    trial.step,
                    trial.rounds,
                    trial.outcome));
        }
        return lines;
    }

    /** Bits per byte of the held-out text against steps, one curve a set. */
    static String plot(List<Sweep.Trial> ranked) {
        double most = 1;
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (Sweep.Trial trial : ranked) {
            for (Map.Entry<Long, Double> point : trial.curve.entrySet()) {
                most = Math.max(most, point.getKey());
                low = Math.min(low, point.getValue());
                high = Math.max(high, point.getValue());
            }
        }
        if (!(high > low)) {
            low = Double.isFinite(low) ? low - 0.5 : 0;
            high = low + 1;
        }
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                        + " font-size=\"12\"><title>Sweep: bits per byte of held-out text</title>%n"
                        + "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>%n",
                WIDTH, HEIGHT, WIDTH, HEIGHT));
        for (int i = 0; i <= 4; i++) {
            double bits = low + (high - low) * i / 4;
            double step = most * i / 4;
            svg.append(line(LEFT, y(bits, low, high), WIDTH - RIGHT, y(bits, low, high), "#ddd"));
            svg.append(label(LEFT - 8, y(bits, low, high) + 4, "end", String.format(Locale.ROOT, "%.3f", bits)));
            svg.append(label(x(step, most), HEIGHT - BOTTOM + 18, "middle", String.format(Locale.ROOT, "%.0f", step)));
        }
        svg.append(label(LEFT, TOP - 12, "start", "bits per byte"));
        svg.append(label((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, "middle", "steps"));
        for (int i = 0; i < ranked.size(); i++) {
            Sweep.Trial trial = ranked.get(i);
            String colour = COLOURS[i % COLOURS.length];
            StringBuilder points = new StringBuilder();
            for (Map.Entry<Long, Double> point : trial.curve.entrySet()) {
                points.append(String.format(
                        Locale.ROOT, "%.1f,%.1f ", x(point.getKey(), most), y(point.getValue(), low, high)));
            }
            svg.append(String.format(
                    "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" points=\"%s\"/>%n",
                    colour, i == 0 ? "3" : "1.5", points.toString().strip()));
            double legend = TOP + 16.0 * i;
            if (legend < HEIGHT - 10) {
                svg.append(line(WIDTH - RIGHT + 12, legend, WIDTH - RIGHT + 32, legend, colour));
                svg.append(label(WIDTH - RIGHT + 38, legend + 4, "start", escaped(trial.title)));
            }
        }
        return svg.append("</svg>\n").toString();
    }

    private static double x(double step, double most) {
        return LEFT + (WIDTH - LEFT - RIGHT) * step / most;
    }

    private static double y(double bits, double low, double high) {
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (bits - low) / (high - low);
    }

    private static String line(double x1, double y1, double x2, double y2, String colour) {
        return String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n",
                x1,
                y1,
                x2,
                y2,
                colour);
    }

    private static String label(double x, double y, String anchor, String text) {
        return String.format(
                Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, text);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }
}
