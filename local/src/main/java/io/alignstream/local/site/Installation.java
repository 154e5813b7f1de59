package io.alignstream.local.site;

import io.alignstream.contracts.Stage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The built project on this machine.
 *
 * @param home folder of the project's root pom.xml
 */
public record Installation(Path home) {

    /** The project that the system property {@code alignstream.home} names, which the script sets. */
    public static Installation current() {
        String home = System.getProperty("alignstream.home");
        if (home == null) {
            throw new LaunchException("The system property alignstream.home is not set; start with ./alignstream.");
        }
        return new Installation(Path.of(home).toAbsolutePath().normalize());
    }

    /** Where things are kept that outlive a data folder: the build marker, unpacked native libraries. */
    public Path cache() {
        return home.resolve(".alignstream");
    }

    /** The library of fused operators for this processor, where the build has made it. */
    public Optional<Path> operators() {
        return Optional.of(operatorsLibrary()).filter(Files::isReadable);
    }

    /** Where the build puts the library of fused operators. */
    public Path operatorsLibrary() {
        return home.resolve("libs/language-model/target/operators/libalignstream_operators.so");
    }

    /** The library by which several workers add up their gradients, where the build has made it. */
    public Path collectiveLibrary() {
        return home.resolve("libs/language-model/target/collective/libalignstream_collective.so");
    }

    /** The script that builds it, into the file that it is given. */
    public Path collectiveBuild() {
        return home.resolve("libs/language-model/src/main/cpp/collective/build.sh");
    }

    /** The java program that runs this launcher. */
    public Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /** The runnable jar of a stage's service. */
    public Path serviceJar(Stage stage) {
        Path jar = home.resolve(stage.service()).resolve("target/quarkus-app/quarkus-run.jar");
        if (!Files.isRegularFile(jar)) {
            throw new LaunchException(
                    stage.service() + " is not built (" + jar + " is missing); run ./mvnw -Dquick package.");
        }
        return jar;
    }

    /** Class path of the launcher itself. */
    public List<Path> launcherClassPath() {
        Path target = home.resolve("local/target");
        return concat(List.of(target.resolve("classes")), read(target.resolve("launcher.classpath")));
    }

    /** Class path of the Kafka broker: the launcher's and Kafka's server. */
    public List<Path> brokerClassPath() {
        return concat(launcherClassPath(), read(home.resolve("local/target/broker.classpath")));
    }

    /** Class path of the benchmarks' libraries and the launcher, which they use. */
    public List<Path> benchmarksClassPath() {
        return concat(launcherClassPath(), read(home.resolve("benchmarks/target/benchmarks.classpath")));
    }

    private static List<Path> read(Path file) {
        try {
            return Arrays.stream(Files.readString(file).strip().split(File.pathSeparator))
                    .map(Path::of)
                    .toList();
        } catch (IOException e) {
            throw new LaunchException(
                    "The launcher is not built completely (" + file + " is missing); run ./mvnw -Dquick package.", e);
        }
    }

    private static List<Path> concat(List<Path> first, List<Path> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }
}
