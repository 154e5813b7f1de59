package io.alignstream.local.command.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.contracts.exchange.RankingFormat;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.broker.SharedBroker;
import io.alignstream.local.input.EventFile;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.PublishedRankings;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RankingsCommandTest {

    private final Site site = SharedBroker.site();
    private final RecordingConsole console = new RecordingConsole();
    private final String mine = UUID.randomUUID().toString();

    @TempDir
    Path folder;

    @Test
    void whatIsImportedTwiceIsThereOnceAndIsExportedAsItIs() throws IOException {
        // Given
        EventFile<RankedRequest> file = EventFile.rankings(
                Files.writeString(
                        folder.resolve("u.jsonl"),
                        "{\"instruction\":\"" + mine
                                + "\",\"completions\":[{\"response\":\"a\",\"overall_score\":7},{\"response\":\"b\",\"overall_score\":9},"
                                + "{\"response\":\"c\",\"overall_score\":7}]}"),
                0,
                null);
        publish(file);

        // When
        publish(file);

        // Then
        assertThat(console.lines())
                .contains("published 1 of 1 rankings", "published 0 of 1 rankings (the others are there already)");
        PublishedRankings published = own();
        Path target = folder.resolve("own.jsonl.gz");
        RankingsCommand.write(published, RankingFormat.ALIGNSTREAM, target, console.console());
        assertThat(all(EventFile.rankings(target, 0, null)))
                .isEqualTo(all(file))
                .isEqualTo(published.ranked());
        Path pairs = folder.resolve("pairs.jsonl");
        RankingsCommand.write(published, RankingFormat.TRL, pairs, console.console());
        assertThat(console.lines()).contains("wrote 2 lines of 1 rankings to " + pairs);
        assertThat(EventFile.rankings(pairs, 0, null).size()).isEqualTo(2);
    }

    @Test
    void anExportIsRefusedBeforeAnythingIsStarted() throws IOException {
        // Given
        Path there = Files.createFile(folder.resolve("there.jsonl"));
        Path table = folder.resolve("pairs.csv");

        // When // Then
        assertThatThrownBy(() -> ExchangeFile.requireNew(there))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("is there already");
        assertThatThrownBy(() -> ExchangeFile.requireNew(table))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("must end in .jsonl");
    }

    private void publish(EventFile<RankedRequest> file) {
        try (Publisher publisher = new Publisher(site.connection())) {
            for (EventSet<?> events : EventSet.ranked(file.size(), file::forEach)) {
                events.publish(publisher, console.console());
            }
        }
    }

    /** Other tests share the broker. */
    private PublishedRankings own() {
        return new PublishedRankings(
                PublishedRankings.read(site.connection()).ranked().stream()
                        .filter(ranked ->
                                ranked.request().messages().getLast().content().equals(mine))
                        .toList(),
                0);
    }

    private static List<RankedRequest> all(EventFile<RankedRequest> file) {
        List<RankedRequest> all = new ArrayList<>();
        file.forEach(all::add);
        return all;
    }
}
