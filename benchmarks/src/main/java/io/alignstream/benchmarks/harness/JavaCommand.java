package io.alignstream.benchmarks.harness;

import java.nio.file.Path;
import java.util.List;

/** How Java programs of the benchmarks are started. */
public final class JavaCommand {

    private JavaCommand() {}

    /** The command that starts {@code program} with {@code threads} threads. */
    public static List<String> of(Class<?> program, int threads) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms32m",
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dai.djl.offline=true",
                "-Dalignstream.torch.threads=" + threads,
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName(),
                "worker"); // stands where a benchmark is named
    }
}
