package io.alignstream.contracts.hash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Sha256Test {

    /** From FIPS 180-2, appendix B. */
    private static final String OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void hashesText() {
        assertThat(Sha256.hex("abc")).isEqualTo(OF_ABC);
    }

    @Test
    void hashesTextAsUtf8() {
        // When
        String hash = Sha256.hex("成都");

        // Then
        assertThat(hash).isEqualTo(Sha256.hex("成都".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void hashesAFileThatIsLargerThanItsBuffer(@TempDir Path folder) throws Exception {
        // Given
        byte[] content = "0123456789".repeat(250_000).getBytes(StandardCharsets.US_ASCII);
        Path file = Files.write(folder.resolve("file"), content);

        // When
        String hash = Sha256.hex(file);

        // Then
        assertThat(hash).isEqualTo(Sha256.hex(content));
    }

    @Test
    void hashesPartsAsOne() {
        // Given
        Sha256 sha256 = new Sha256()
                .add((byte) 'a')
                .add(ByteBuffer.wrap(new byte[] {'b'}))
                .add("c");

        // When
        String hash = sha256.hex();

        // Then
        assertThat(hash).isEqualTo(OF_ABC);
    }

    @Test
    void startsAnewAfterAHash() {
        // Given
        Sha256 sha256 = new Sha256().add("something else");
        sha256.bytes();

        // When
        String hash = sha256.add("abc").hex();

        // Then
        assertThat(hash).isEqualTo(OF_ABC);
    }
}
