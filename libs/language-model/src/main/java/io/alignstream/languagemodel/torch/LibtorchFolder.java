package io.alignstream.languagemodel.torch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A libtorch of one's own that takes the place of the one for processors: {@code torch/lib} of the Python package torch, for
 * a card. What does not match would show late, as a symbol that is missing or a crash.
 *
 * @param folder that {@value #PATH} names
 * @param flavor that {@value #FLAVOR} names: which of DJL's libraries is to reach it; empty if nothing does
 */
record LibtorchFolder(Path folder, String flavor) {

    static final String PATH = "PYTORCH_LIBRARY_PATH";
    static final String FLAVOR = "PYTORCH_FLAVOR";

    private static final Pattern VERSION = Pattern.compile("__version__ = '([0-9.]+)");

    /** The one that the environment names, or a system property. */
    static Optional<LibtorchFolder> configured() {
        String path = value(PATH);
        return path.isBlank() ? Optional.empty() : Optional.of(new LibtorchFolder(Path.of(path), value(FLAVOR)));
    }

    private static String value(String name) {
        return System.getProperty(name, System.getenv().getOrDefault(name, ""));
    }

    /**
     * Refuses a folder that DJL's libraries cannot be loaded with.
     *
     * @throws IllegalStateException with what does not match, and the way out
     */
    void require() {
        require(wantedVersion(), CudaDriver.isInstalled());
    }

    /** The same for DJL's libraries of a version, with or without a card's driver. */
    void require(String wanted, boolean driver) {
        if (!Files.isReadable(folder.resolve("libtorch_cpu.so"))) {
            throw refusal(
                    "there is no libtorch_cpu.so; name the folder torch/lib of the Python package torch " + wanted);
        }
        String version = version().orElse(wanted);
        if (!version.equals(wanted)) {
            throw refusal("it is libtorch " + version + ", but what reaches it was made for " + wanted
                    + "; take torch==" + wanted);
        }
        boolean cuda = Files.exists(folder.resolve("libtorch_cuda.so"));
        if (cuda != flavor.startsWith("cu")) {
            throw refusal((cuda ? "it is a CUDA build" : "it is no CUDA build") + ", but " + FLAVOR + " is \"" + flavor
                    + "\"; set it to " + (cuda ? "cu128" : "cpu"));
        }
        if (cuda && !driver) {
            throw refusal("it is a CUDA build, which needs a card's driver (libcuda.so.1), and there is none; give the"
                    + " container a card, or unset " + PATH + " and " + FLAVOR + " to compute on the processor");
        }
    }

    private IllegalStateException refusal(String why) {
        return new IllegalStateException(PATH + " is " + folder + ": " + why);
    }

    /** Of the Python package that the folder is a part of. */
    private Optional<String> version() {
        Path file = folder.resolveSibling("version.py");
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try {
            Matcher version = VERSION.matcher(Files.readString(file));
            return version.find() ? Optional.of(version.group(1)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** The libtorch that DJL's libraries were made for. */
    private static String wantedVersion() {
        try (InputStream file = LibtorchFolder.class.getResourceAsStream("/jnilib/pytorch.properties")) {
            Properties properties = new Properties();
            if (file != null) {
                properties.load(file);
            }
            return properties
                    .getProperty("jni_version", properties.getProperty("version", ""))
                    .replaceFirst("-.*", "");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read which libtorch is wanted", e);
        }
    }
}
