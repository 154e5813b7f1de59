package io.alignstream.training.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** The library of process groups that the build of language-model has made. */
public final class CollectiveLibraryOfBuild {

    private CollectiveLibraryOfBuild() {}

    /**
     * Gives it to this process. Where it could not be built, for want of a compiler, the test is left out, unless {@code
     * collective.required} says that it must be there.
     */
    public static void use() {
        Path inLibraries = Path.of("..", "language-model"); // seen from another library, otherwise from a service
        Path module = Files.isDirectory(inLibraries) ? inLibraries : Path.of("..", "libs", "language-model");
        Path library = module.resolve("target/collective/libalignstream_collective.so")
                .toAbsolutePath()
                .normalize();
        boolean there = Files.isReadable(library);
        assertThat(there || !Boolean.getBoolean("collective.required"))
                .as("the library of collectives is required, but " + library + " was not built")
                .isTrue();
        assumeTrue(there, "the library of collectives was not built");
        System.setProperty("alignstream.torch.collective", library.toString());
    }
}
