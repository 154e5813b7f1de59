package io.alignstream.benchmarks;

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
final class Figures {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String benchmark;
    private final List<Map<String, Object>> lines = new ArrayList<>();

    Figures(String benchmark) {
        this.benchmark = benchmark;
    }

    /** Adds one measurement. */
    void add(Map<String, ?> figures) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("benchmark", benchmark);
        line.putAll(figures);
        lines.add(line);
    }

    void write(Optional<Path> file) throws IOException {
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
    static double median(List<Double> values) {
        return values.stream().sorted().toList().get((values.size() - 1) / 2);
    }
}
