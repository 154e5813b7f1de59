package io.alignstream.local.service;

import io.alignstream.contracts.Stage;
import io.alignstream.local.site.Installation;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program of a service's module that needs no service: a JVM of its own with the module's class path, whose output is this
 * one's. This module does not depend on the services, so it knows the main class by name.
 *
 * @param heap most memory of Java, for example {@code 1g}
 */
public record StageProgram(Stage stage, String main, String heap) {

    /** Runs it to its end, and ends it with this process; returns its exit code. */
    public int run(Installation installation, List<String> arguments) throws IOException, InterruptedException {
        Path application = installation.serviceJar(stage).resolveSibling("app");
        Path libraries = application.resolveSibling("lib");
        String classPath = String.join(
                File.pathSeparator,
                application.resolve("*").toString(),
                libraries.resolve("main").resolve("*").toString(),
                libraries.resolve("boot").resolve("*").toString(),
                application
                        .resolveSibling("quarkus")
                        .resolve("generated-bytecode.jar")
                        .toString());
        List<String> command = new ArrayList<>(List.of(
                installation.java().toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dai.djl.offline=true",
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                "-cp",
                classPath,
                main));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(ServiceProcesses.environment(installation));
        Process process = builder.start();
        try {
            return process.waitFor();
        } finally {
            process.destroy();
        }
    }
}
