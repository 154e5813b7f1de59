package io.alignstream.local.command.distil;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudentTextTest {

    @TempDir
    private Path folder;

    @Test
    void ofMoreDocumentsThanFitTheSameStayInWhateverOrderTheyCome() throws IOException {
        // Given: documents of several lengths, more than fit
        List<String> documents = new ArrayList<>(IntStream.range(0, 200)
                .mapToObj(i -> "document " + i + " " + "x".repeat(i % 17 * 5))
                .toList());
        List<List<String>> kept = new ArrayList<>();

        // When
        for (int seed = 0; seed < 5; seed++) {
            Collections.shuffle(documents, new Random(seed));
            StudentText text = new StudentText(3_000);
            documents.forEach(document -> text.add(document, Map.of(), 0.1));
            text.write(folder);
            kept.add(Files.readAllLines(folder.resolve("documents.jsonl")));
            assertThat(text.seen()).isEqualTo(200);
        }

        // Then
        assertThat(kept.getFirst()).hasSizeBetween(30, 150);
        assertThat(kept).allSatisfy(lines -> assertThat(lines).isEqualTo(kept.getFirst()));
        assertThat(kept.getFirst()).anyMatch(line -> line.endsWith("\"heldOut\":true}"));
    }

    @Test
    void aLabelSaysWhereADocumentGoes() throws IOException {
        // Given
        StudentText text = new StudentText(1_000);

        // When
        text.add("learned", Map.of("split", "training"), 0.5);
        text.add("measured", Map.of("split", "validation"), 0);
        text.add("measured", Map.of("split", "validation"), 0);
        text.write(folder);

        // Then
        assertThat(Files.readAllLines(folder.resolve("documents.jsonl")))
                .containsExactlyInAnyOrder(
                        "{\"text\":\"learned\",\"heldOut\":false}", "{\"text\":\"measured\",\"heldOut\":true}");
    }

    @Test
    void whatAPersonHoldsOutIsLearnedUnderNoName() throws IOException {
        // Given
        List<Message> held = List.of(new Message(Message.Role.USER, "What is the capital of Peru?"));
        List<Message> asked = List.of(new Message(Message.Role.USER, "What is the capital of Chile?"));
        Map<String, String> tag = Map.of("purpose", "held-out");
        StudentText text = new StudentText(1_000);

        // When
        text.add(
                List.of(
                        new Prompt("b", held, List.of("Lima"), tag),
                        new Prompt("a", asked, List.of("Santiago"), Map.of())),
                List.of(new Instruction("c", held, List.of("Lima"), Map.of())),
                0);
        text.write(folder);

        // Then: what may be learned is answered by the teacher, what may not keeps its right answer
        assertThat(Files.readAllLines(folder.resolve("conversations.jsonl")))
                .containsExactly(
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"What is the capital of Chile?\"}],\"answers\":[],\"heldOut\":false}",
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"What is the capital of Peru?\"}],\"answers\":[\"Lima\"],\"heldOut\":true}",
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"What is the capital of Peru?\"}],\"answers\":[\"Lima\"],\"heldOut\":true}");
    }
}
