package io.alignstream.languagemodel.collective;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollectiveLibraryTest {

    @ParameterizedTest
    @CsvSource({"2, has version 2 but this program needs 1", "0, has version 0 (it does not say)"})
    void a_library_of_another_version_is_refused_with_both_versions_and_the_way_out(long found, String said) {
        // Given
        Path library = Path.of("/opt/libalignstream_collective.so");

        // When / Then
        assertThatThrownBy(() -> CollectiveLibrary.requireVersion(library, found))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll(library.toString(), said, "collective/build.sh");
    }
}
