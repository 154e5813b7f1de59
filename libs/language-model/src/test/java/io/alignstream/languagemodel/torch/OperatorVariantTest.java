package io.alignstream.languagemodel.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperatorVariantTest {

    /** As /proc/cpuinfo has them, shortened. */
    private static final String HASWELL = "sse4_2 avx avx2 bmi1 bmi2 f16c fma abm movbe xsave";

    private static final String SKYLAKE = HASWELL + " avx512f avx512bw avx512cd avx512dq avx512vl";
    private static final String GENOA = SKYLAKE + " avx512_bf16 avx512_vnni";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        GENOA + ",x86-64-v4-bf16",
        SKYLAKE + ",x86-64-v4",
        SKYLAKE + " avx512_vnni,x86-64-v4",
        HASWELL + ",x86-64-v3",
        HASWELL + " avx512f,x86-64-v3"
    })
    void the_processor_gets_the_best_that_it_can_run(String flags, String variant) throws IOException {
        // Given
        libraries(OperatorVariant.values());

        // When
        Path chosen = Operators.configured(folder.toString(), set(flags)).orElseThrow();

        // Then
        assertThat(chosen).isEqualTo(folder.resolve(variant).resolve("libalignstream_operators.so"));
        assertThat(Operators.fingerprint(chosen)).matches("fused " + variant + " [0-9a-f]{12}");
    }

    @Test
    void a_processor_that_can_run_none_computes_by_formulas() throws IOException {
        // Given
        libraries(OperatorVariant.values());

        // When, then
        assertThat(Operators.configured(folder.toString(), set("sse4_2 avx"))).isEmpty();
        assertThat(Operators.configured(folder.toString(), Set.of())).isEmpty();
    }

    @Test
    void what_is_not_there_is_not_chosen() throws IOException {
        // Given
        libraries(OperatorVariant.V3);

        // When, then
        assertThat(Operators.configured(folder.toString(), set(GENOA)))
                .contains(folder.resolve("x86-64-v3/libalignstream_operators.so"));
    }

    @Test
    void a_library_that_is_named_is_taken_whatever_the_processor() throws IOException {
        // Given
        libraries(OperatorVariant.V4);
        Path own = Files.writeString(folder.resolve("own.so"), "own");

        // When, then
        assertThat(Operators.configured(own.toString(), Set.of())).contains(own);
        assertThat(Operators.fingerprint(own)).matches("fused [0-9a-f]{12}");
        Path variant = folder.resolve("x86-64-v4/libalignstream_operators.so");
        assertThat(Operators.configured(variant.toString(), Set.of())).contains(variant);
    }

    @Test
    void a_folder_without_any_is_refused() {
        assertThatThrownBy(() -> Operators.configured(folder.toString(), set(GENOA)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining("x86-64-v3/libalignstream_operators.so")
                .hasMessageContaining("ALIGNSTREAM_TORCH_OPERATORS");
    }

    /** The script that fills images has the same variants. */
    @Test
    void images_are_built_with_every_variant() throws IOException {
        // Given
        String script = Files.readString(Path.of("../../images/libraries.sh"));

        // When, then
        assertThat(Stream.of(OperatorVariant.values()).map(OperatorVariant::folder))
                .allSatisfy(name -> assertThat(script).containsPattern("(?m)^variant " + name + " "));
    }

    private void libraries(OperatorVariant... variants) throws IOException {
        for (OperatorVariant variant : variants) {
            Path own = Files.createDirectory(folder.resolve(variant.folder()));
            Files.writeString(own.resolve(OperatorVariant.LIBRARY), variant.folder());
        }
    }

    private static Set<String> set(String flags) {
        return Arrays.stream(flags.split(" ")).collect(Collectors.toSet());
    }
}
