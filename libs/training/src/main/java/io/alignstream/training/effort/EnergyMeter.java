package io.alignstream.training.effort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * What the machine's processors have used, as Linux shows Intel's and AMD's RAPL counters: microjoules of each package below
 * {@code /sys/class/powercap} (the kernel's Documentation/power/powercap), which begin again at 0 above a limit. For one thread.
 *
 * <p>Most systems let only root read them, and virtual machines have none: then there is no meter, which is no fault.
 */
public final class EnergyMeter {

    private static final Path POWERCAP = Path.of("/sys/class/powercap");
    private static final String PACKAGE = "intel-rapl:\\d+";
    private static final double MICROJOULES = 1e6;

    private final List<Path> packages;
    private List<Long> last;

    private EnergyMeter(List<Path> packages) {
        this.packages = packages;
        this.last = counters(packages);
    }

    /** The meter of this machine, from now on. */
    public static EnergyMeter ofMachine() {
        return below(POWERCAP);
    }

    static EnergyMeter below(Path folder) {
        if (!Files.isDirectory(folder)) {
            return new EnergyMeter(List.of());
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return new EnergyMeter(
                    entries.filter(entry -> entry.getFileName().toString().matches(PACKAGE))
                            .sorted()
                            .toList());
        } catch (IOException e) {
            return new EnergyMeter(List.of());
        }
    }

    /** Joules since this was asked last, or made; empty if there is no meter, or it cannot be read. */
    public OptionalDouble joules() {
        List<Long> before = last;
        last = counters(packages);
        if (last.isEmpty() || last.size() != before.size()) {
            return OptionalDouble.empty();
        }
        double microjoules = 0;
        for (int i = 0; i < last.size(); i++) {
            long used = last.get(i) - before.get(i);
            microjoules += used >= 0 ? used : used + limit(packages.get(i));
        }
        return microjoules >= 0 ? OptionalDouble.of(microjoules / MICROJOULES) : OptionalDouble.empty();
    }

    /** Of every package, or of none: a part of the machine would pass for the whole. */
    private static List<Long> counters(List<Path> packages) {
        List<Long> counters = new ArrayList<>();
        try {
            for (Path each : packages) {
                counters.add(number(each.resolve("energy_uj")));
            }
            return counters;
        } catch (IOException e) {
            return List.of();
        }
    }

    private static long limit(Path each) {
        try {
            return number(each.resolve("max_energy_range_uj"));
        } catch (IOException e) {
            return Long.MIN_VALUE / 4; // not known: nothing is told of this time
        }
    }

    private static long number(Path file) throws IOException {
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (NumberFormatException e) {
            throw new IOException(file + " holds no number", e);
        }
    }
}
