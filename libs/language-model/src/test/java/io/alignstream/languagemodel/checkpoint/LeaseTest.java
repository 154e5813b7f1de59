package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.testing.S3Server;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may change a run, on disk and in S3: the twin that was believed dead changes nothing any more. */
class LeaseTest {

    private static final String RUN = "run-1";
    private static final Manifest DRAFT = Manifest.draft(Stage.SFT, RUN, 1);
    private static final CheckpointStore.Content CONTENT = content("the same");

    @TempDir
    static Path serverFolder;

    private static S3Server server;

    @TempDir
    Path temporary;

    @BeforeAll
    static void startServer() throws IOException {
        server = S3Server.start(serverFolder);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void theNextOwnerFindsWhatTheFormerOneSaved(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind);
        Lease former = store.claim(Stage.SFT, RUN);
        Reference first = store.save(former, DRAFT.withStep(1), CONTENT);
        Reference second = store.save(former, DRAFT.withStep(2), CONTENT);

        // When
        Lease next = store.claim(Stage.SFT, RUN);

        // Then
        assertThat(next.epoch()).isGreaterThan(former.epoch());
        assertThat(store.list(Stage.SFT, RUN))
                .extracting(stored -> stored.reference().sha256())
                .containsExactly(second.sha256(), first.sha256());
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void whoIsPausedInTheMiddleOfSavingLeavesNothing(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind);
        Lease former = store.claim(Stage.SFT, RUN);
        store.save(former, DRAFT.withStep(1), CONTENT);

        // When
        assertThatExceptionOfType(LeaseLostException.class)
                .isThrownBy(() -> store.save(former, DRAFT.withStep(2), folder -> {
                    CONTENT.write(folder);
                    store.claim(Stage.SFT, RUN);
                }))
                // Then
                .withMessageContaining(RUN)
                .withMessageContaining(Long.toString(ProcessHandle.current().pid()));
        assertThat(store.manifests(Stage.SFT, RUN).values())
                .extracting(Manifest::step)
                .containsExactly(1L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void whoLosesTheRunWhileItStoresLeavesNothingBehindTheNextOwnersBack(String kind) throws Exception {
        // Given
        CheckpointStore store = open(kind);
        for (int round = 0; round < 20; round++) {
            Lease former = store.claim(Stage.SFT, RUN);
            CountDownLatch saving = new CountDownLatch(2);
            try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
                Future<?> saved = thread.submit(() -> {
                    for (long step = 1; ; step++) {
                        saving.countDown();
                        store.save(former, DRAFT.withStep(step), CONTENT);
                    }
                });
                saving.await();

                // When
                store.claim(Stage.SFT, RUN);

                // Then
                assertThatExceptionOfType(ExecutionException.class)
                        .isThrownBy(saved::get)
                        .withCauseInstanceOf(LeaseLostException.class);
            }
            assertThat(((VerifyingCheckpointStore) store).names(Stage.SFT, RUN))
                    .extracting(CheckpointName::epoch)
                    .doesNotContain(former.epoch());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void whoWakesUpDeletesNothingOfTheNextOwner(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind);
        Lease former = store.claim(Stage.SFT, RUN);
        for (long step = 1; step <= 3; step++) {
            store.save(former, DRAFT.withStep(step), CONTENT);
        }
        Lease next = store.claim(Stage.SFT, RUN);
        store.save(next, DRAFT.withStep(4), CONTENT);

        // When: what the former owner sees are none of its own checkpoints any more
        store.prune(former, 0, Set.of());
        store.rewind(former, 0);

        // Then
        assertThat(store.list(Stage.SFT, RUN))
                .extracting(stored -> stored.manifest().step())
                .containsExactly(4L, 3L, 2L, 1L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void whatTheFormerOwnerHadInHandIsItsOwnAlone(String kind) throws IOException {
        // Given: the next owner has claimed the run between the former one's look and its deletion
        VerifyingCheckpointStore store = (VerifyingCheckpointStore) open(kind);
        Lease former = store.claim(Stage.SFT, RUN);
        Reference inHand = store.save(former, DRAFT, CONTENT);
        store.claim(Stage.SFT, RUN);

        // When
        store.delete(CheckpointName.of(inHand));

        // Then
        assertThat(store.newest(Stage.SFT, RUN)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void whoClaimInTheSameMomentGetEpochsOfTheirOwn(String kind) throws Exception {
        // Given
        CheckpointStore store = open(kind);
        int twins = kind.equals("file") ? 8 : 3; // the S3 server of the tests fails while many change what it lists
        CountDownLatch start = new CountDownLatch(twins);
        List<Future<Lease>> claims = new ArrayList<>();

        // When
        try (ExecutorService threads = Executors.newFixedThreadPool(twins)) {
            for (int twin = 0; twin < twins; twin++) {
                claims.add(threads.submit(() -> {
                    start.countDown();
                    start.await();
                    return store.claim(Stage.SFT, RUN);
                }));
            }
        }

        // Then
        Set<Long> epochs = new HashSet<>();
        for (Future<Lease> claim : claims) {
            epochs.add(claim.get().epoch());
        }
        assertThat(epochs).hasSize(twins);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void theFirstResultCountsForEver(String kind) throws IOException {
        // Given: two owners finish the run, on processors that round otherwise
        CheckpointStore store = open(kind);
        Lease former = store.claim(Stage.SFT, RUN);
        Reference one = store.save(former, DRAFT.withComplete(true), content("of one processor"));
        Lease next = store.claim(Stage.SFT, RUN);
        Reference other = store.save(next, DRAFT.withComplete(true), content("of another"));

        // When
        Reference settled = store.settle(next, other);
        Reference again = store.settle(store.claim(Stage.SFT, RUN), one);

        // Then
        assertThatExceptionOfType(LeaseLostException.class).isThrownBy(() -> store.settle(former, one));
        assertThat(settled).isEqualTo(other);
        assertThat(again).isEqualTo(other);
        assertThat(store.manifests(Stage.SFT, RUN)).containsOnlyKeys(other);
        assertThat(store.newest(Stage.SFT, RUN))
                .map(StoredCheckpoint::reference)
                .contains(other);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void aResultThatIsGoneGivesWay(String kind) throws IOException {
        // Given
        VerifyingCheckpointStore store = (VerifyingCheckpointStore) open(kind);
        Reference gone = store.save(DRAFT.withComplete(true), content("damaged later"));
        store.settle(store.claim(Stage.SFT, RUN), gone);
        store.delete(CheckpointName.of(gone));
        Reference trainedAgain = store.save(DRAFT.withComplete(true), content("trained again elsewhere"));

        // When
        Reference settled = store.settle(store.claim(Stage.SFT, RUN), trainedAgain);

        // Then
        assertThat(settled).isEqualTo(trainedAgain);
        assertThat(store.settle(store.claim(Stage.SFT, RUN), trainedAgain)).isEqualTo(trainedAgain);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void anOwnerThatLivesShowsIt(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind);
        Lease lease = store.claim(Stage.SFT, RUN);
        Owner before = store.owner(Stage.SFT, RUN).orElseThrow();

        // When
        store.renew(lease);

        // Then
        Owner after = store.owner(Stage.SFT, RUN).orElseThrow();
        assertThat(after).isNotEqualTo(before);
        assertThat(after.token()).isEqualTo(before.token());
        assertThat(after.process()).endsWith("/" + ProcessHandle.current().pid());
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void whatWasSavedBeforeThereWereOwnersIsTakenOver(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind);
        Reference old = store.save(DRAFT, CONTENT);

        // When
        Lease lease = store.claim(Stage.SFT, RUN);

        // Then
        Reference now = store.newest(Stage.SFT, RUN).orElseThrow().reference();
        assertThat(now.sha256()).isEqualTo(old.sha256());
        assertThat(now.uri().toString()).endsWith("-" + lease.epoch());
    }

    private CheckpointStore open(String kind) throws IOException {
        URI root = kind.equals("file")
                ? temporary.resolve("store").toUri()
                : URI.create("s3://" + S3Server.BUCKET + "/" + UUID.randomUUID() + "/");
        return CheckpointStore.open(root, temporary.resolve("cache"));
    }

    private static CheckpointStore.Content content(String text) {
        return folder -> Files.writeString(folder.resolve("weights"), text, StandardCharsets.UTF_8);
    }
}
