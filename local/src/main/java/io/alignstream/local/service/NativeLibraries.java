package io.alignstream.local.service;

import io.alignstream.languagemodel.torch.TorchRuntime;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * libtorch, unpacked once from its jar into a folder that all processes share.
 *
 * <p>Done by a process of its own before the services start: five of them would otherwise unpack 400 MB each at the same
 * time, and the launcher would keep libtorch in memory.
 */
public final class NativeLibraries {

    private static final String JAR = "pytorch-native";

    private NativeLibraries() {}

    /** Where libtorch is unpacked: {@code DJL_CACHE_DIR}, else below the installation's cache. */
    public static Path folder(Installation installation) {
        return Optional.ofNullable(System.getenv("DJL_CACHE_DIR"))
                .map(Path::of)
                .orElse(installation.cache().resolve("djl"));
    }

    /** Unpacks libtorch unless this version is there. */
    public static void unpack(Installation installation, Console console) {
        List<Path> classPath = installation.launcherClassPath();
        String version = classPath.stream()
                .map(path -> String.valueOf(path.getFileName()))
                .filter(name -> name.startsWith(JAR))
                .collect(Collectors.joining(" "));
        Path marker = folder(installation).resolve("unpacked");
        try {
            if (Files.isRegularFile(marker) && Files.readString(marker).equals(version)) {
                return;
            }
            console.line("unpacking libtorch …");
            Files.createDirectories(folder(installation));
            unpack(installation, classPath);
            Files.writeString(marker, version);
        } catch (IOException e) {
            throw new LaunchException("Cannot unpack libtorch into " + folder(installation) + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException("Interrupted while unpacking libtorch.", e);
        }
    }

    private static void unpack(Installation installation, List<Path> classPath)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        installation.java().toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dai.djl.offline=true",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                        "-cp",
                        classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)),
                        NativeLibraries.class.getName())
                .redirectErrorStream(true);
        builder.environment().put("DJL_CACHE_DIR", folder(installation).toString());
        Process process = builder.start();
        String output;
        try (var reader = process.inputReader()) {
            output = reader.lines().collect(Collectors.joining("\n    "));
        }
        if (process.waitFor() != 0) {
            throw new LaunchException("libtorch cannot be loaded on this machine:\n    " + output);
        }
    }

    /** The process that unpacks: loading libtorch does it. */
    public static void main(String[] arguments) {
        TorchRuntime.get();
    }
}
