package io.alignstream.languagemodel.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Names the processor, because kernels and so the last bits of sums depend on it. */
final class Processor {

    private Processor() {}

    /** The processor's model name, or the architecture where the system does not tell. */
    static String model() {
        return field("model name").orElse(System.getProperty("os.arch"));
    }

    /** Instruction sets that the processor has, by the system's names; empty where the system does not tell. */
    static Set<String> flags() {
        return field("flags").or(() -> field("Features")).stream()
                .flatMap(line -> Arrays.stream(line.split(" ")))
                .collect(Collectors.toSet());
    }

    private static Optional<String> field(String name) {
        Path file = Path.of("/proc/cpuinfo");
        if (Files.isReadable(file)) {
            try (Stream<String> lines = Files.lines(file)) {
                return lines.filter(line -> line.startsWith(name))
                        .map(line -> line.substring(line.indexOf(':') + 1).strip())
                        .findFirst();
            } catch (IOException e) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }
}
