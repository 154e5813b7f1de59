package io.alignstream.inference.explorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Reference;
import io.alignstream.inference.SmallService;
import io.alignstream.inference.TinyModel;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ExplorerModelsTest {

    private static final int ASKED = 30;
    private static final int OF_ONE = 9;

    @TempDir
    Path folder;

    @Test
    void oneClientDoesNotKeepOthersFromLookingIntoAModel() throws IOException {
        // Given: a question that takes long, and many more of the same client
        try (CheckpointStore store =
                CheckpointStore.open(folder.resolve("store").toUri(), folder.resolve("cache"))) {
            Reference model = TinyModel.save(store, 1);
            ExplorerModels models = new ExplorerModels(null, store, new SmallService(1, 1), null);
            CountDownLatch over = new CountDownLatch(1);
            AtomicInteger refused = new AtomicInteger();
            List<CompletableFuture<Boolean>> asked = IntStream.range(0, ASKED)
                    .mapToObj(i -> ask(models, "one", model, over, refused))
                    .toList();
            await().atMost(Duration.ofMinutes(1))
                    .untilAtomic(refused, value -> assertThat(value).isEqualTo(ASKED - OF_ONE));

            // When
            CompletableFuture<Boolean> other = ask(models, "other", model, over, refused);
            over.countDown();

            // Then
            assertThat(other.join()).isTrue();
            assertThat(asked.stream().filter(CompletableFuture::join)).hasSize(OF_ONE);
            models.stop();
        }
    }

    private static CompletableFuture<Boolean> ask(
            ExplorerModels models, String client, Reference model, CountDownLatch over, AtomicInteger refused) {
        CompletableFuture<Boolean> answered = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                answered.complete(models.ask(client, Version.ALIGNED, model, explored -> waited(over)));
            } catch (ExplorerException e) {
                assertThat(e.status()).isEqualTo(Response.Status.TOO_MANY_REQUESTS);
                refused.incrementAndGet();
                answered.complete(false);
            }
        });
        return answered;
    }

    private static boolean waited(CountDownLatch over) {
        try {
            over.await();
            return true;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
