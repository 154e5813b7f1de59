package io.alignstream.local.input.element;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HexFormat;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputDecompressor;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A few bytes that say that they are gigabytes, for which no memory is taken. */
class ParquetCodecsTest {

    @ParameterizedTest
    @CsvSource({
        // snappy of 2 GiB
        "SNAPPY, ffffffff07, 10",
        // blocks of 2 GiB, unpacked and packed
        "LZ4, 7fffffff00000008, 10",
        "LZ4, 0000000a7fffffff, 10",
        // pages of 2 GiB
        "SNAPPY, ffffffff07, 2147483647",
        "GZIP, 1f8b, 2147483647",
        "ZSTD, 28b52ffd, 2147483647",
        "LZ4_RAW, 00, 2147483647",
        "LZ4, 00, 2147483647"
    })
    void whatSaysThatItIsHugeIsRefusedBeforeItIsUnpacked(CompressionCodecName codec, String packed, int size) {
        // Given
        BytesInputDecompressor decompressor = new ParquetCodecs().getDecompressor(codec);
        BytesInput page = BytesInput.from(HexFormat.of().parseHex(packed));

        // When // Then
        assertThatThrownBy(() -> decompressor.decompress(page, size))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("a page");
    }
}
