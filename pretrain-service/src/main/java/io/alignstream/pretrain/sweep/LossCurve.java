package io.alignstream.pretrain.sweep;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Held-out bits per byte against steps, kept in a file: a run that goes on in another process has its earlier points, too.
 * For one thread.
 */
final class LossCurve {

    private final Path file;
    private final SortedMap<Long, Double> points = new TreeMap<>();

    private LossCurve(Path file) {
        this.file = file;
    }

    /** The curve that {@code file} holds; without points if there is no such file. */
    static LossCurve open(Path file) throws IOException {
        LossCurve curve = new LossCurve(file);
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                // A process that was killed may have left half a line; its step is taken and written again.
                if (line.matches("\\d{1,18} \\d+\\.\\d+(E-?\\d+)?")) {
                    int blank = line.indexOf(' ');
                    curve.points.put(
                            Long.parseLong(line.substring(0, blank)), Double.parseDouble(line.substring(blank + 1)));
                }
            }
        }
        return curve;
    }

    /** Adds a point or replaces the one of the same step. */
    void add(long step, double bitsPerByte) throws IOException {
        points.put(step, bitsPerByte);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "\n" + step + " " + bitsPerByte, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Bits per byte by step. */
    SortedMap<Long, Double> points() {
        return points;
    }
}
