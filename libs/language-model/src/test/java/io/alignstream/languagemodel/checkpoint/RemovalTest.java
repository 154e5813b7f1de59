package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.capacity.FolderCache;
import io.alignstream.languagemodel.capacity.StoreFullException;
import io.alignstream.languagemodel.checkpoint.CheckpointStore.Mark;
import io.alignstream.languagemodel.testing.S3Server;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of a checkpoint whose files nobody needed, and what happens where there is no room; on disk and in S3. */
class RemovalTest {

    private static final String RUN = "run-1";
    private static final Manifest DRAFT = Manifest.draft(Stage.SFT, RUN, 5).withComplete(true);
    private static final Set<String> ALL = Set.of("model", "state");
    private static final CheckpointStore.Content CONTENT = content(1_000);

    @TempDir
    static Path serverFolder;

    private static S3Server server;

    @TempDir
    Path temporary;

    private final UUID bucketFolder = UUID.randomUUID();

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
    void theManifestOutlivesTheFiles(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind, "one");
        Reference reference = store.save(DRAFT, CONTENT);

        // When
        long bytes = remove(store, reference, ALL);

        // Then
        CheckpointStore other = open(kind, "two");
        assertThat(bytes).isEqualTo(2_000);
        assertThat(other.manifest(reference).files()).containsOnlyKeys(ALL);
        assertThat(other.manifests(Stage.SFT, RUN)).containsOnlyKeys(reference);
        assertThat(other.removed(reference)).isPresent();
        assertThat(other.newest(Stage.SFT, RUN)).isEmpty();
        assertThat(other.holdings(Stage.SFT, RUN).checkpoints().getFirst().files())
                .isEmpty();
        assertThatExceptionOfType(DamagedCheckpointException.Removed.class)
                .isThrownBy(() -> other.open(reference))
                .withMessageContaining("removed by retention on 2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void theModelOutlivesItsTrainingState(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind, "one");
        Reference reference = store.save(DRAFT, CONTENT);

        // When
        remove(store, reference, Set.of("state"));

        // Then
        CheckpointStore other = open(kind, "two");
        Path folder = other.open(reference).folder();
        assertThat(folder.resolve("model")).exists();
        assertThat(folder.resolve("state")).doesNotExist();
        assertThat(other.open(reference).folder()).isEqualTo(folder);
        assertThat(other.removed(reference)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void savingAgainBringsEverythingBack(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind, "one");
        Reference reference = store.save(DRAFT, CONTENT);
        remove(store, reference, Set.of("state"));
        open(kind, "two").open(reference);
        remove(store, reference, ALL);

        // When
        Reference again = store.save(DRAFT, CONTENT);

        // Then
        assertThat(again).isEqualTo(reference);
        assertThat(store.removed(reference)).isEmpty();
        assertThat(open(kind, "three").open(reference).folder().resolve("state"))
                .exists();
        assertThat(temporary.resolve("store/.damaged")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void whoDiesInTheMiddleLeavesWhatTheNextOneFinishes(String kind) throws IOException {
        // Given: it is said that all files are gone, and one is left
        CheckpointStore store = open(kind, "one");
        Reference reference = store.save(DRAFT, CONTENT);
        remove(store, reference, ALL);
        putBack(kind, store, reference);
        boolean opens = opens(open(kind, "two"), reference);

        // When
        long bytes = remove(store, reference, ALL);

        // Then
        assertThat(opens).isFalse();
        assertThat(bytes).isEqualTo(1_000);
        assertThat(store.removed(reference)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void whoLosesTheRunRemovesNothingMore(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind, "one");
        Reference reference = store.save(DRAFT, CONTENT);
        Lease former = store.claim(Stage.SFT, RUN);
        store.claim(Stage.SFT, RUN);

        // When // Then
        assertThatExceptionOfType(LeaseLostException.class).isThrownBy(() -> store.remove(former, reference, ALL));
        assertThat(opens(open(kind, "two"), reference)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void aRunIsClaimedOnlyIfNobodyIsAtWork(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind, "one");
        Lease owner = store.claim(Stage.SFT, RUN);
        Instant before = Instant.now().minus(Duration.ofMinutes(15));

        // When
        Optional<Lease> claimed = store.claimIdle(Stage.SFT, RUN, before);

        // Then
        assertThat(claimed).isEmpty();
        store.requireHeld(owner);
        Lease idle = store.claimIdle(Stage.SFT, RUN, Instant.MAX).orElseThrow();
        assertThat(idle.epoch()).isGreaterThan(owner.epoch());
        store.release(idle);
        store.requireHeld(owner);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void aMarkKeepsItsTime(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind, "one");
        Reference reference = store.save(DRAFT, CONTENT);
        store.mark(reference, Mark.UNUSED, true);
        Instant since = marks(store).get(Mark.UNUSED);

        // When
        store.mark(reference, Mark.UNUSED, true);

        // Then
        assertThat(marks(store)).containsOnlyKeys(Mark.UNUSED).containsEntry(Mark.UNUSED, since);
        store.mark(reference, Mark.UNUSED, false);
        assertThat(marks(store)).isEmpty();
    }

    private static Map<Mark, Instant> marks(CheckpointStore store) throws IOException {
        return store.holdings(Stage.SFT, RUN).checkpoints().getFirst().marks();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void whatExceedsTheQuotaIsRefusedAndTheRestStays(String kind) throws IOException {
        // Given
        CheckpointStore store = open(kind, "one", new Capacity(5_000));
        Reference first = store.save(DRAFT, CONTENT);
        CheckpointStore below = store.below("records");

        // When // Then
        assertThatExceptionOfType(StoreFullException.class)
                .isThrownBy(() -> below.save(DRAFT.withStep(6), content(1_400)))
                .withMessageContaining("exceed its quota of 0.00 MiB")
                .satisfies(e -> assertThat(e.reason().code()).isEqualTo("store.overQuota"));
        assertThat(opens(open(kind, "two"), first)).isTrue();
        assertThat(below.runs(Stage.SFT)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void roomIsMadeBeforeTheQuotaRefuses(String kind) throws IOException {
        // Given
        Capacity capacity = new Capacity(5_500);
        CheckpointStore store = open(kind, "one", capacity);
        Reference first = store.save(DRAFT, CONTENT);
        capacity.relieveBy(() -> remove(store, first, ALL));

        // When
        Reference second = store.save(DRAFT.withStep(6), content(1_400));

        // Then
        assertThat(opens(open(kind, "two"), second)).isTrue();
        assertThat(store.removed(first)).isPresent();
    }

    @Test
    void roomIsMadeOnAFullDisk() throws IOException {
        // Given
        Capacity capacity = new Capacity(Capacity.UNBOUNDED);
        CheckpointStore store = open("file", "one", capacity);
        AtomicBoolean full = new AtomicBoolean(true);
        capacity.relieveBy(() -> {
            full.set(false);
            return 1;
        });

        // When
        Reference saved = store.save(DRAFT, folder -> {
            CONTENT.write(folder);
            if (full.get()) {
                try (OutputStream disk = new FileOutputStream("/dev/full")) {
                    disk.write(1);
                }
            }
        });

        // Then
        assertThat(opens(store, saved)).isTrue();
    }

    @Test
    void damagedCheckpointsThatWereSetAsideGo() throws IOException {
        // Given
        CheckpointStore store = open("file", "one");
        Reference reference = store.save(DRAFT, CONTENT);
        Files.writeString(Path.of(reference.uri()).resolve("model"), "damaged");
        store.save(DRAFT, CONTENT);
        long young = store.sweep(Instant.now().minus(Duration.ofDays(1)));

        // When
        long old = store.sweep(Instant.now().plus(Duration.ofDays(1)));

        // Then
        assertThat(young).isZero();
        assertThat(old).isPositive();
        assertThat(opens(store, reference)).isTrue();
    }

    @Test
    void copiesMakeRoomForOthersUnlessTheyAreInUse() throws IOException {
        // Given
        CheckpointStore writer = open("s3", "one");
        Reference used = writer.save(DRAFT, CONTENT);
        Reference idle = writer.save(DRAFT.withStep(6), CONTENT);
        Reference wanted = writer.save(DRAFT.withStep(7), CONTENT);
        Path cache = temporary.resolve("two");
        CheckpointStore store = CheckpointStore.open(root("s3"), cache, new Capacity(0), 2 * used.size() + 100);
        Path held = store.open(used).folder();
        Path copy = Path.of(store.open(idle).folder().toString());
        awaitEndOfUse(cache, copy);
        age(held, 2);
        age(copy, 1);

        // When
        Path third = store.open(wanted).folder();

        // Then: the one that was asked for longest ago is in use
        assertThat(held.resolve("model")).exists();
        assertThat(copy).doesNotExist();
        assertThat(third.resolve("model")).exists();
        assertThat(opens(store, idle)).isTrue();
    }

    /** Until the path that the store has given is reachable no more. */
    private static void awaitEndOfUse(Path cache, Path copy) {
        FolderCache uses = new FolderCache(cache, 0, path -> true);
        while (uses.inUse(copy)) {
            System.gc();
            LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
        }
    }

    private static void age(Path folder, int hours) throws IOException {
        Files.setLastModifiedTime(folder, FileTime.from(Instant.now().minus(Duration.ofHours(hours))));
    }

    private static long remove(CheckpointStore store, Reference reference, Set<String> files) throws IOException {
        Lease lease = store.claimIdle(Stage.SFT, RUN, Instant.MAX).orElseThrow();
        try {
            return store.remove(lease, reference, files);
        } finally {
            store.release(lease);
        }
    }

    private void putBack(String kind, CheckpointStore store, Reference reference) throws IOException {
        Path file = Files.write(temporary.resolve("bytes"), new byte[1_000]);
        if (kind.equals("file")) {
            Files.copy(file, Path.of(reference.uri()).resolve("state"));
        } else {
            try (S3Bucket bucket = S3Bucket.open(S3Server.BUCKET, S3Bucket.PART_BYTES)) {
                bucket.put(reference.uri().getPath().substring(1) + "/state", file);
            }
        }
    }

    private static boolean opens(CheckpointStore store, Reference reference) throws IOException {
        try {
            store.open(reference);
            return true;
        } catch (DamagedCheckpointException e) {
            return false;
        }
    }

    private CheckpointStore open(String kind, String cache) throws IOException {
        return open(kind, cache, new Capacity(Capacity.UNBOUNDED));
    }

    private CheckpointStore open(String kind, String cache, Capacity capacity) throws IOException {
        return CheckpointStore.open(root(kind), temporary.resolve(cache), capacity, 0);
    }

    private URI root(String kind) {
        return kind.equals("file")
                ? temporary.resolve("store").toUri()
                : URI.create("s3://" + S3Server.BUCKET + "/" + bucketFolder + "/");
    }

    private static CheckpointStore.Content content(int bytes) {
        return folder -> {
            Files.write(folder.resolve("model"), new byte[bytes]);
            Files.write(folder.resolve("state"), new byte[bytes]);
        };
    }
}
