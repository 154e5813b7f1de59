package io.alignstream.benchmarks.harness;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What stands behind a benchmark's name: {@code --option value} pairs.
 *
 * @param values value of each option, names without dashes
 */
public record BenchmarkOptions(Map<String, String> values) {

    public BenchmarkOptions {
        values = Map.copyOf(values);
    }

    /** Reads the arguments behind the first, which is the benchmark's name. */
    public static BenchmarkOptions parse(String... arguments) {
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 1; i < arguments.length; i += 2) {
            if (!arguments[i].startsWith("--") || i + 1 == arguments.length) {
                throw new IllegalArgumentException(
                        "'" + arguments[i] + "' should be an option with a value behind it," + " such as --json FILE");
            }
            values.put(arguments[i].substring(2), arguments[i + 1]);
        }
        return new BenchmarkOptions(values);
    }

    /** Fails if there are options besides {@code names} and {@code --json}. */
    public BenchmarkOptions only(String... names) {
        for (String name : values.keySet()) {
            if (!name.equals("json") && !List.of(names).contains(name)) {
                throw new IllegalArgumentException("this benchmark has no option --" + name + "; it has --json"
                        + (names.length == 0 ? "" : ", --" + String.join(", --", names)));
            }
        }
        return this;
    }

    /** The file for the figures, if one is asked for. */
    public Optional<Path> json() {
        return path("json");
    }

    /** The file or folder that an option names. */
    public Optional<Path> path(String name) {
        return Optional.ofNullable(values.get(name)).map(Path::of);
    }

    /** A whole number of 1 or more. */
    public int number(String name, int otherwise) {
        String value = values.get(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.matches("[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException("--" + name + " is " + value + " but must be a number of 1 or more");
        }
        return Integer.parseInt(value);
    }

    /** A number greater than 0. */
    public double decimal(String name, double otherwise) {
        String value = values.get(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.matches("[0-9]{1,6}(\\.[0-9]{1,6})?") || Double.parseDouble(value) == 0) {
            throw new IllegalArgumentException("--" + name + " is " + value + " but must be a number greater than 0");
        }
        return Double.parseDouble(value);
    }

    /** Numbers of 0 or more, with commas between them. */
    public List<Double> decimals(String name, double... otherwise) {
        String value = values.get(name);
        if (value == null) {
            return Arrays.stream(otherwise).boxed().toList();
        }
        if (!value.matches("[0-9]{1,6}(\\.[0-9]{1,6})?(,[0-9]{1,6}(\\.[0-9]{1,6})?)*")) {
            throw new IllegalArgumentException("--" + name + " is " + value
                    + " but must be numbers of 0 or more with commas between them, such as 0.5,1");
        }
        return Arrays.stream(value.split(",", -1)).map(Double::valueOf).toList();
    }

    /** Whole numbers of 1 or more, with commas between them. */
    public List<Integer> numbers(String name, String otherwise) {
        String value = values.getOrDefault(name, otherwise);
        if (!value.matches("[1-9][0-9]{0,4}(,[1-9][0-9]{0,4})*")) {
            throw new IllegalArgumentException("--" + name + " is " + value
                    + " but must be numbers with commas between them, such as " + otherwise);
        }
        return Arrays.stream(value.split(",")).map(Integer::valueOf).toList();
    }
}
