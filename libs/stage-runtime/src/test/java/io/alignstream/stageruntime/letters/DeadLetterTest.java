package io.alignstream.stageruntime.letters;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class DeadLetterTest {

    private static final int LIMIT = DeadLetter.SMALL;
    private static final byte[] LARGE = new byte[2 * LIMIT];

    private final RecordHeaders headers = new RecordHeaders();

    @Test
    void keepsEverythingThatFits() {
        // Given
        headers.add("ce_type", new byte[] {1});

        // When
        DeadLetter letter = letter(new byte[] {2}, new byte[] {3});

        // Then
        assertThat(letter.key()).containsExactly(2);
        assertThat(letter.value()).containsExactly(3);
        assertThat(letter.headers())
                .extracting(Header::key)
                .containsExactly(
                        "ce_type",
                        "dead-letter-reason",
                        "dead-letter-stage",
                        "dead-letter-stack-hash",
                        "dead-letter-topic",
                        "dead-letter-partition",
                        "dead-letter-offset");
    }

    @Test
    void cutsAValueThatIsTooLarge() {
        // When
        DeadLetter letter = letter(new byte[] {2}, LARGE);

        // Then
        assertThat(size(letter)).isLessThan(LIMIT);
        assertThat(text(letter, "dead-letter-truncated-from")).isEqualTo(Integer.toString(LARGE.length));
        assertThat(letter.key()).containsExactly(2);
    }

    @Test
    void cutsAKeyThatIsTooLarge() {
        // When
        DeadLetter letter = letter(LARGE, new byte[] {3});

        // Then
        assertThat(size(letter)).isLessThan(LIMIT);
        assertThat(text(letter, "dead-letter-key-truncated-from")).isEqualTo(Integer.toString(LARGE.length));
        assertThat(letter.value()).containsExactly(3);
    }

    @Test
    void leavesOutHeadersThatAreTooManyAndKeepsTheFirst() {
        // Given
        headers.add("ce_type", new byte[] {1});
        for (int i = 0; i < 100_000; i++) {
            headers.add("h" + i, new byte[0]);
        }

        // When
        DeadLetter letter = letter(new byte[] {2}, new byte[] {3});

        // Then
        assertThat(size(letter)).isLessThan(LIMIT);
        assertThat(letter.headers().lastHeader("ce_type")).isNotNull();
        assertThat(Integer.parseInt(text(letter, "dead-letter-headers-left-out")))
                .isGreaterThan(90_000);
    }

    @Test
    void leavesOutOneHeaderThatIsTooLarge() {
        // Given
        headers.add("large", LARGE);

        // When
        DeadLetter letter = letter(LARGE, LARGE);

        // Then
        assertThat(size(letter)).isLessThan(LIMIT);
        assertThat(text(letter, "dead-letter-headers-left-out")).isEqualTo("1");
    }

    @Test
    void saysNothingOfAnEarlierLetterWhenALetterWasPublishedOnceMore() {
        // Given
        headers.add("dead-letter-truncated-from", new byte[] {1}).add("dead-letter-offset", new byte[] {1});

        // When
        Headers all = letter(new byte[] {2}, new byte[] {3}).headers();

        // Then
        assertThat(all.lastHeader("dead-letter-truncated-from")).isNull();
        assertThat(all.headers("dead-letter-offset")).hasSize(1);
    }

    private DeadLetter letter(byte[] key, byte[] value) {
        DeadLetter.Place place = new DeadLetter.Place("prompts", 0, 7);
        return DeadLetter.of(
                Stage.SFT,
                new DeadLetter.Original(key, value, headers, place),
                new IllegalStateException("é".repeat(5_000)),
                LIMIT);
    }

    private static long size(DeadLetter letter) {
        long size = letter.key().length + letter.value().length;
        for (Header header : letter.headers()) {
            size += header.key().length() + header.value().length;
        }
        return size;
    }

    private static String text(DeadLetter letter, String header) {
        return new String(letter.headers().lastHeader(header).value(), StandardCharsets.UTF_8);
    }
}
