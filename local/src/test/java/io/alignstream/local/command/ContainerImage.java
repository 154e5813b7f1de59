package io.alignstream.local.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An image archive, unpacked as a container engine does it.
 *
 * @param root its root folder
 * @param config what its configuration says of containers: user, environment, entry point
 */
record ContainerImage(Path root, JsonNode config) {

    private static final String WHITEOUT = ".wh.";
    /** Jib's archives hold times that GNU's tar does not know. */
    private static final String QUIET = "--warning=no-unknown-keyword";

    private static final String OPAQUE = ".wh..wh..opq";

    /** Unpacks the layers one above the other into {@code folder}; a whiteout takes away what those below have brought. */
    static ContainerImage unpack(Path archive, Path folder) throws IOException {
        Path parts = Files.createDirectories(folder.resolve("parts"));
        Path root = Files.createDirectories(folder.resolve("root"));
        run("tar", "--extract", "--file", archive.toString(), "--directory", parts.toString());
        ObjectMapper json = new ObjectMapper();
        JsonNode manifest =
                json.readTree(parts.resolve("manifest.json").toFile()).get(0);
        for (JsonNode layer : manifest.get("Layers")) {
            String file = parts.resolve(layer.asText()).toString();
            for (String entry :
                    run("tar", "--list", QUIET, "--file", file).lines().toList()) {
                apply(root, Path.of(entry).normalize());
            }
            run(
                    "tar",
                    "--extract",
                    QUIET,
                    "--file",
                    file,
                    "--directory",
                    root.toString(),
                    "--no-same-owner",
                    "--preserve-permissions",
                    "--exclude",
                    WHITEOUT + "*");
        }
        JsonNode config = json.readTree(
                        parts.resolve(manifest.get("Config").asText()).toFile())
                .get("config");
        delete(parts);
        return new ContainerImage(root, config);
    }

    /** The entries of a list of the configuration. */
    List<String> texts(String name) {
        return StreamSupport.stream(config.get(name).spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    private static void apply(Path root, Path entry) throws IOException {
        String name = String.valueOf(entry.getFileName());
        Path folder = root.resolve(entry).resolveSibling("").normalize();
        if (name.equals(OPAQUE)) {
            try (Stream<Path> below = Files.list(folder)) {
                for (Path path : below.toList()) {
                    delete(path);
                }
            }
        } else if (name.startsWith(WHITEOUT)) {
            delete(folder.resolve(name.substring(WHITEOUT.length())));
        }
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> all = Files.walk(path)) {
            for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(one);
            }
        }
    }

    /** What a program prints; fails with that if it fails. */
    static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(new ArrayList<>(List.of(command)) + ": " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("while waiting for " + command[0]);
        }
        return output;
    }
}
