package io.alignstream.local.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.contracts.exchange.RankingFormat;
import io.alignstream.local.input.file.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RankingsFileTest {

    private static final String PAIR = "{\"prompt\":\"Moon?\",\"chosen\":\"Far.\",\"rejected\":\"Near.\"}";

    @TempDir
    Path folder;

    @Test
    void whatSaysNoRankingIsSetAsideWithItsLine() throws IOException {
        // Given
        Path file = write(
                PAIR,
                "",
                PAIR.replace("Near.", "Far."),
                PAIR,
                "{\"prompt\":\"Moon?\",\"chosen\":\"Near.\",\"rejected\":\"Far.\"}",
                PAIR.replace("Moon", "Sun"),
                "no JSON");

        // When
        RankingsFile rankings = RankingsFile.open(file, null);

        // Then
        assertThat(rankings.format()).isEqualTo(RankingFormat.TRL);
        assertThat(rankings.size()).isEqualTo(2);
        assertThat(rankings.repeated()).isEqualTo(1);
        assertThat(rankings.setAside()).isEqualTo(3);
        assertThat(rankings.examples())
                .containsExactly(
                        "line 3: chosen and rejected are the same",
                        "line 5: import:trl judges the same answers otherwise in line 1",
                        "line 7: not valid JSON: character 1 of line 1 does not fit there");
        assertThat(all(rankings))
                .isEqualTo(all(rankings))
                .extracting(r -> r.request().messages())
                .doesNotHaveDuplicates();
    }

    @Test
    void theAnnotatorMayBeNamed() throws IOException {
        // Given
        Path file = write(PAIR);

        // When
        RankingsFile rankings = RankingsFile.open(file, "panel-7");

        // Then
        assertThat(all(rankings)).extracting(r -> r.ranking().annotator()).containsExactly("panel-7");
    }

    @Test
    void aFileThatHoldsNoRankingsIsRefused() {
        assertThatThrownBy(() -> RankingsFile.open(write("{\"text\":\"a\"}"), null))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("unknown format with the fields text");
        assertThatThrownBy(() -> RankingsFile.open(write(PAIR.replace("Near.", "Far.")), null))
                .hasMessageContaining("holds no ranking; line 1: chosen and rejected are the same");
        assertThatThrownBy(() -> RankingsFile.open(write(""), null)).hasMessageContaining("is empty");
    }

    private static List<RankedRequest> all(RankingsFile rankings) {
        List<RankedRequest> all = new ArrayList<>();
        rankings.forEach(all::add);
        return all;
    }

    private Path write(String... lines) throws IOException {
        return Files.write(folder.resolve("rankings.jsonl"), List.of(lines));
    }
}
