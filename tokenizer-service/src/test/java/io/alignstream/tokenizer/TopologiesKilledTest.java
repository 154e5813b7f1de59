package io.alignstream.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kill -9 while documents stream: what comes out is what an undisturbed run gives, in the same order.
 *
 * <p>{@code -Dalignstream.kills=50} kills more often than the few times that every build does.
 */
class TopologiesKilledTest {

    private static final int KILLS = Integer.getInteger("alignstream.kills", 4);
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @TempDir
    private Path folder;

    private final KafkaBroker broker = new KafkaBroker();
    private final List<Process> processes = new ArrayList<>();
    private String address = "";
    private TopicProbe topics;

    @BeforeEach
    void startBroker() {
        broker.init(Map.of("fresh", "true"));
        address = broker.start().get("kafka.bootstrap.servers");
        topics = new TopicProbe(address);
    }

    @AfterEach
    void stop() {
        processes.forEach(Process::destroyForcibly);
        topics.close();
        broker.stop();
    }

    @Test
    void killedProcessesLoseNothingAndRepeatNothing() throws Exception {
        // Given
        List<Document> documents = DuplicatedTexts.documents(DocumentStream.SHARE * (KILLS + 1), 3);
        List<String> expected = DuplicatedTexts.survivors(documents);

        // When
        try (DocumentStream stream = new DocumentStream(
                address, documents, expected, i -> topics.publish(Topic.DOCUMENTS, documents.get(i)))) {
            for (int life = 0; life < KILLS; life++) {
                Process process = spawn();
                stream.untilTheEndOf(life, process);
                process.destroyForcibly().waitFor();
            }
            spawn();
            stream.untilAllAreOut();
        }
        awaitEnd(expected);

        // Then
        assertThat(TopologyOutput.hash(topics)).isEqualTo(undisturbed(documents, expected));
        assertThat(TopologyOutput.survivors(topics)).isEqualTo(expected);
        List<String> texts = topics.events(Topic.CLEAN_DOCUMENTS).stream()
                .map(CleanDocument::text)
                .toList();
        List<String> packed = TopologyOutput.packedTexts(topics);
        // The last documents are still in the open batch.
        assertThat(packed).hasSizeGreaterThan(texts.size() - 5).isEqualTo(texts.subList(0, packed.size()));
    }

    private void awaitEnd(List<String> expected) {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .ignoreException(IllegalStateException.class) // a busy broker answers late
                .until(() -> TopologyOutput.complete(address, expected.size(), topics));
    }

    /** Hash of what comes out where nothing is killed, on a broker of its own. */
    private String undisturbed(List<Document> documents, List<String> expected) throws Exception {
        KafkaBroker calm = new KafkaBroker();
        calm.init(Map.of("fresh", "true"));
        String calmAddress = calm.start().get("kafka.bootstrap.servers");
        try (TopicProbe out = new TopicProbe(calmAddress);
                TopologyProcess process = TopologyProcess.start(calmAddress, folder.resolve("calm"), "calm")) {
            documents.forEach(one -> out.publish(Topic.DOCUMENTS, one));
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> TopologyOutput.complete(calmAddress, expected.size(), out));
            return TopologyOutput.hash(out);
        } finally {
            calm.stop();
        }
    }

    private Process spawn() throws IOException {
        Process process = TopologyProcess.spawn(address, folder.resolve("state"), "killed");
        processes.add(process);
        return process;
    }
}
