package io.alignstream.stageruntime.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {

    private static final Instant AT = Instant.ofEpochMilli(1_000_500);

    @TempDir
    Path folder;

    /** The bytes of each record, whose sums are right. */
    private static List<byte[]> records(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> records = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[Long.BYTES];
            in.get(in.position(), length);
            byte[] record = new byte[(int) in.getLong()];
            assertThat(in.getInt()).isEqualTo(EventFile.masked(length, length.length));
            in.get(record);
            assertThat(in.getInt()).isEqualTo(EventFile.masked(record, record.length));
            records.add(record);
        }
        return records;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    @Test
    void masksSumsAsTensorFlowDoes() {
        // The CRC-32C of "123456789" is e3069283 (RFC 3720); rotated by 15 bits and moved it is this.
        assertThat(EventFile.masked("123456789".getBytes(StandardCharsets.US_ASCII), 9))
                .isEqualTo((0xe3069283 >>> 15 | 0xe3069283 << 17) + 0xa282ead8);
    }

    @Test
    void writesEventsAsTensorFlowsProtocolBuffersSay() throws IOException {
        // When
        try (EventFile file = new EventFile(folder, AT)) {
            file.scalars(300, Map.of("train/loss", 2.5), AT);
        }

        // Then: wall time 1000.5, step 300, summary with the value 2.5f under its tag
        assertThat(records(files().getFirst()))
                .extracting(HexFormat.of()::formatHex)
                .containsExactly(
                        "09" + "0000000000448f40" + "1000" + "1a0d" + hex("brain.Event:2"),
                        "09" + "0000000000448f40" + "10ac02" + "2a13" + "0a11" + "0a0a" + hex("train/loss") + "15"
                                + "00002040");
    }

    @Test
    void saysFromWhichStepOnARunGoesOn() throws IOException {
        // When
        try (EventFile file = new EventFile(folder, AT)) {
            file.restart(300, AT);
        }

        // Then: a session log with the status START
        assertThat(records(files().getFirst()).getLast())
                .isEqualTo(HexFormat.of().parseHex("09" + "0000000000448f40" + "10ac02" + "3a02" + "0801"));
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aRunThatGoesOnHasFilesThatStandInTheirOrder() throws IOException {
        // When: two in one millisecond
        new EventFile(folder, AT).close();
        new EventFile(folder, AT).close();

        // Then
        assertThat(files())
                .extracting(file -> file.getFileName().toString())
                .containsExactly(
                        "events.out.tfevents.0000001000500.alignstream",
                        "events.out.tfevents.0000001000501.alignstream");
    }
}
