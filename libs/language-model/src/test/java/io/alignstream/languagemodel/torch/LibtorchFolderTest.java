package io.alignstream.languagemodel.torch;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibtorchFolderTest {

    @TempDir
    private Path torch;

    private Path lib;

    @BeforeEach
    void package_of_python() throws IOException {
        lib = Files.createDirectory(torch.resolve("lib"));
        Files.createFile(lib.resolve("libtorch_cpu.so"));
        Files.createFile(lib.resolve("libtorch_cuda.so"));
        Files.writeString(torch.resolve("version.py"), "__version__ = '2.7.1+cu126'\ncuda = '12.6'\n");
    }

    @Test
    void a_cuda_build_of_the_same_version_beside_a_driver_is_taken() {
        assertThatCode(() -> new LibtorchFolder(lib, "cu128").require("2.7.1", true))
                .doesNotThrowAnyException();
    }

    @Test
    void what_does_not_match_is_named() throws IOException {
        // Given
        Path other = Files.createDirectory(torch.resolve("other"));

        // Then
        assertThatThrownBy(() -> new LibtorchFolder(other, "cu128").require("2.7.1", true))
                .hasMessageContaining(other.toString())
                .hasMessageContaining("no libtorch_cpu.so");
        assertThatThrownBy(() -> new LibtorchFolder(lib, "cu128").require("2.8.0", true))
                .hasMessageContaining("libtorch 2.7.1")
                .hasMessageContaining("torch==2.8.0");
        assertThatThrownBy(() -> new LibtorchFolder(lib, "").require("2.7.1", true))
                .hasMessageContaining("PYTORCH_FLAVOR is \"\"")
                .hasMessageContaining("cu128");
        assertThatThrownBy(() -> new LibtorchFolder(lib, "cu128").require("2.7.1", false))
                .hasMessageContaining("libcuda.so.1")
                .hasMessageContaining("unset PYTORCH_LIBRARY_PATH");
        Files.delete(lib.resolve("libtorch_cuda.so"));
        assertThatThrownBy(() -> new LibtorchFolder(lib, "cu128").require("2.7.1", true))
                .hasMessageContaining("no CUDA build")
                .hasMessageContaining("set it to cpu");
    }
}
