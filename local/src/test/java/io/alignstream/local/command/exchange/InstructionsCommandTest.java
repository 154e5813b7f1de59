package io.alignstream.local.command.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.exchange.InstructionFormat;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.broker.SharedBroker;
import io.alignstream.local.input.EventFile;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.PublishedInstructions;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstructionsCommandTest {

    private final Site site = SharedBroker.site();
    private final RecordingConsole console = new RecordingConsole();
    private final String mine = UUID.randomUUID().toString();

    @TempDir
    private Path folder;

    @Test
    void whatIsPublishedIsExportedAndReadAgain() throws IOException {
        // Given
        List<Instruction> instructions = List.of(
                new Instruction(mine + "-1", List.of(Message.user(mine)), List.of("a", "b"), Map.of()),
                new Instruction(mine + "-2", List.of(Message.user(mine)), List.of("c"), Map.of("purpose", "held-out")));
        try (Publisher publisher = new Publisher(site.connection())) {
            EventSet.of(Topic.INSTRUCTIONS, instructions).publish(publisher, console.console());
        }
        Path own = folder.resolve("own.jsonl.gz");
        Path alpaca = folder.resolve("alpaca.jsonl");

        // When
        List<Instruction> published = own();
        ExchangeFile.write(published, InstructionFormat.ALIGNSTREAM::write, "instructions", own, console.console());
        ExchangeFile.write(published, InstructionFormat.ALPACA::write, "instructions", alpaca, console.console());

        // Then
        assertThat(all(own)).isEqualTo(instructions);
        assertThat(all(alpaca)).extracting(Instruction::referenceAnswers).containsExactly(List.of("a"), List.of("b"));
        assertThat(console.lines())
                .contains("wrote 2 lines of 1 instructions to " + alpaca)
                .anyMatch(line -> line.startsWith("left out 1: a person has held it out"));
    }

    /** Other tests share the broker. */
    private List<Instruction> own() {
        return PublishedInstructions.read(site.connection()).instructions().stream()
                .filter(instruction -> instruction.id().startsWith(mine))
                .toList();
    }

    private static List<Instruction> all(Path file) {
        List<Instruction> all = new ArrayList<>();
        EventFile.instructions(file, 0).forEach(all::add);
        return all;
    }
}
