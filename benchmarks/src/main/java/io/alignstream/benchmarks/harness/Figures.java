package io.alignstream.benchmarks.harness;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Measurements on their way to a file of JSON lines. */
public final class Figures {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String benchmark;
    private final List<Map<String, Object>> lines = new ArrayList<>();

    /** No figures yet. */
    public Figures(String benchmark) {
        this.benchmark = benchmark;
    }

    /** Adds one measurement. */
    public void add(Map<String, ?> figures) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("benchmark", benchmark);
        line.putAll(figures);
        lines.add(line);
    }

    /** Writes all of them, if a file is given. */
    public void write(Optional<Path> file) throws IOException {
        if (file.isEmpty()) {
            return;
        }
        StringBuilder text = new StringBuilder();
        for (Map<String, Object> line : lines) {
            text.append(JSON.writeValueAsString(line)).append('\n');
        }
        Files.writeString(file.get(), text);
    }

    /** The middle of some measurements, the lower one of two middles. */
    public static double median(List<Double> values) {
        return values.stream().sorted().toList().get((values.size() - 1) / 2);
    }
}
