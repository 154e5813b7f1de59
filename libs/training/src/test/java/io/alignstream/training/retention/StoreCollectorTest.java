package io.alignstream.training.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.objective.PretrainingObjective;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.checkpoint.Lease;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.testing.FullS3Service;
import io.alignstream.languagemodel.testing.S3Server;
import io.alignstream.training.Lineage;
import io.alignstream.training.StoredState;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.archive.ArchivedRecord;
import io.alignstream.training.archive.RegistryArchive;
import io.alignstream.training.effort.EffortLog;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What nothing leads to goes, when its grace is over, and nothing else does; on disk and in S3. */
class StoreCollectorTest {

    private static final Duration DAY = Duration.ofDays(1);
    /** One model of each stage, one release, a day of grace, ten days for what is unfinished, the answers of one run. */
    private static final Retention RETENTION = new Retention(1, 1, DAY, Duration.ofDays(10), 1);

    @TempDir
    static Path serverFolder;

    private static S3Server server;

    @TempDir
    Path temporary;

    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private final List<ModelRelease> releases = new ArrayList<>();
    private CheckpointStore store;
    private Duration ahead = Duration.ZERO;

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
    void whatIsServedStaysWithAllThatItWasMadeFromAndTheRestGoes(String kind) throws IOException {
        // Given
        open(kind);
        Reference base = finished(Stage.PRETRAIN, "base-1", Map.of());
        Reference sft = finished(Stage.SFT, "sft-1", Map.of(Lineage.BASE, base));
        Reference reward = finished(Stage.REWARD, "reward-1", Map.of(Lineage.SFT, sft));
        Reference served = finished(Stage.RLHF, "rlhf-1", Map.of(Lineage.SFT, sft, Lineage.REWARD, reward));
        release(served, Verdict.APPROVED);
        Reference secondBase = finished(Stage.PRETRAIN, "base-2", Map.of(Lineage.PREVIOUS, base));
        Reference secondSft = finished(Stage.SFT, "sft-2", Map.of(Lineage.BASE, secondBase));
        Reference rejected = finished(Stage.RLHF, "rlhf-2", Map.of(Lineage.SFT, secondSft, Lineage.REWARD, reward));
        release(rejected, Verdict.REJECTED);
        Reference thirdBase = finished(Stage.PRETRAIN, "base-3", Map.of(Lineage.PREVIOUS, secondBase));
        Reference thirdSft = finished(Stage.SFT, "sft-3", Map.of(Lineage.BASE, thirdBase));
        Reference candidate = finished(Stage.RLHF, "rlhf-3", Map.of(Lineage.SFT, thirdSft, Lineage.REWARD, reward));

        // When
        List<Garbage> first = collector().collect(this::registry);
        ahead = DAY.plusMinutes(1);
        List<Garbage> second = collector().collect(this::registry);

        // Then
        assertThat(first).isEmpty();
        assertThat(second)
                .filteredOn(garbage -> garbage.kind() == Garbage.Kind.MODEL)
                .extracting(Garbage::run)
                .containsExactlyInAnyOrder("base-2", "sft-2", "rlhf-2");
        assertThat(List.of(base, sft, reward, served, thirdBase, thirdSft, candidate))
                .allMatch(this::opens);
        assertThat(List.of(secondBase, secondSft, rejected)).noneMatch(this::opens);
        assertThat(store.manifest(rejected).parents().get(Lineage.SFT)).isEqualTo(secondSft);
        assertThat(store.removed(rejected)).isPresent();
    }

    @Test
    void onlyTheTrainingThatGoesOnKeepsItsState() throws IOException {
        // Given
        open("file");
        Reference base = finished(Stage.PRETRAIN, "base-1", Map.of());
        Reference sft = finished(Stage.SFT, "sft-1", Map.of(Lineage.BASE, base));
        release(sft, Verdict.APPROVED);
        Reference newest = finished(Stage.PRETRAIN, "base-2", Map.of(Lineage.PREVIOUS, base));
        collector().collect(this::registry);
        ahead = DAY.plusMinutes(1);

        // When
        List<Garbage> deleted = collector().collect(this::registry);

        // Then
        assertThat(deleted).extracting(Garbage::kind).containsOnly(Garbage.Kind.STATE);
        assertThat(deleted).extracting(Garbage::run).containsExactlyInAnyOrder("base-1", "sft-1");
        assertThat(hasState(newest)).isTrue();
        assertThat(hasState(base)).isFalse();
    }

    @Test
    void aMaskedModelStaysBesideTheBaseModelAndBothCanGoOn() throws IOException {
        // Given
        open("file");
        Reference base = finished(Stage.PRETRAIN, "base-1", Map.of());
        Reference older = finished(Stage.PRETRAIN, "masked-1", Map.of());
        masked();
        Reference newer = finished(Stage.PRETRAIN, "masked-2", Map.of());
        masked();
        collector().collect(this::registry);
        ahead = DAY.plusMinutes(1);

        // When
        List<Garbage> deleted = collector().collect(this::registry);

        // Then
        assertThat(deleted).extracting(Garbage::run).containsOnly("masked-1");
        assertThat(opens(older)).isFalse();
        assertThat(hasState(base)).isTrue();
        assertThat(hasState(newer)).isTrue();
    }

    /** The model that was announced last fills blanks. */
    private synchronized void masked() {
        checkpoints.add(checkpoints.removeLast().learning(PretrainingObjective.MASKED));
    }

    @Test
    void aRunInFlightKeepsItsParentsAndItsOwnStates() throws IOException {
        // Given
        open("file");
        Reference base = finished(Stage.PRETRAIN, "base-1", Map.of());
        finished(Stage.SFT, "sft-1", Map.of(Lineage.BASE, base));
        Lease owner = store.claim(Stage.PRETRAIN, "base-2");
        Reference state = store.save(owner, draft(Stage.PRETRAIN, "base-2", Map.of(Lineage.PREVIOUS, base)), CONTENT);
        finished(Stage.PRETRAIN, "base-3", Map.of());
        collector().collect(this::registry);
        ahead = DAY.plusMinutes(1);

        // When
        collector().collect(this::registry);

        // Then
        store.requireHeld(owner);
        assertThat(opens(state)).isTrue();
        assertThat(opens(base)).isTrue();
        assertThat(hasState(base)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void whatARunCouldHaveBeenResumedFromGoesWithItsResultOrWithTime(String kind) throws IOException {
        // Given
        open(kind);
        finished(Stage.SFT, "sft-1", Map.of());
        unfinished(Stage.SFT, "sft-1");
        unfinished(Stage.SFT, "sft-2");
        for (String run : List.of("sft-1", "sft-2")) {
            store.below(EffortLog.EFFORTS).save(draft(Stage.SFT, run, Map.of()), CONTENT);
        }
        store.below(TrainingRun.RECORDS).save(draft(Stage.RLHF, "rlhf-0", Map.of()), CONTENT);
        for (String run : List.of("rlhf-1", "rlhf-2")) {
            finished(Stage.RLHF, run, Map.of());
            store.below(TrainingRun.RECORDS).save(draft(Stage.RLHF, run, Map.of()), CONTENT);
        }

        // When
        List<Garbage> atOnce = collector().collect(this::registry);
        ahead = Duration.ofDays(10).plusMinutes(1);
        List<Garbage> later = collector().collect(this::registry);

        // Then
        assertThat(atOnce)
                .extracting(garbage -> garbage.kind() + " " + garbage.run())
                .containsExactly("UNFINISHED sft-1", "RECORDS rlhf-1");
        assertThat(later)
                .extracting(garbage -> garbage.kind() + " " + garbage.run())
                .contains("UNFINISHED sft-2", "RECORDS rlhf-0");
        assertThat(store.manifests(Stage.SFT, "sft-2")).isEmpty();
        // What a run has taken stays as long as anything of it does.
        assertThat(store.below(EffortLog.EFFORTS).manifests(Stage.SFT, "sft-1")).hasSize(1);
        assertThat(store.below(EffortLog.EFFORTS).manifests(Stage.SFT, "sft-2")).isEmpty();
        assertThat(store.below(TrainingRun.RECORDS).manifests(Stage.RLHF, "rlhf-2"))
                .hasSize(1);
    }

    @Test
    void aLookChangesNothing() throws IOException {
        // Given
        open("file");
        Reference old = finished(Stage.SFT, "sft-1", Map.of());
        unfinished(Stage.SFT, "sft-1");
        finished(Stage.SFT, "sft-2", Map.of());
        ahead = DAY.multipliedBy(100);
        long used = store.used();

        // When
        List<Garbage> found = new StoreCollector(store, new Retention(1, 1, Duration.ZERO, Duration.ZERO, 0), this::now)
                .find(registry());

        // Then
        assertThat(found).extracting(Garbage::run).contains("sft-1");
        assertThat(found)
                .allMatch(garbage -> garbage.bytes() > 0 && !garbage.due().isAfter(now()));
        assertThat(store.used()).isEqualTo(used);
        assertThat(opens(old)).isTrue();
    }

    @Test
    void whatIsNeededAgainStays() throws IOException {
        // Given
        open("file");
        Reference rejected = finished(Stage.RLHF, "rlhf-1", Map.of());
        finished(Stage.RLHF, "rlhf-2", Map.of());
        collector().collect(this::registry);
        release(rejected, Verdict.APPROVED);
        ahead = DAY.plusMinutes(1);
        collector().collect(this::registry);
        releases.clear();

        // When
        List<Garbage> deleted = collector().collect(this::registry);

        // Then: its grace begins anew
        assertThat(deleted).extracting(Garbage::kind).doesNotContain(Garbage.Kind.MODEL);
        assertThat(opens(rejected)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void whatIsApprovedDuringACollectionStays(String kind) throws IOException {
        // Given: a model that nobody needs, and one that somebody approves when all has been looked at
        open(kind);
        Reference unneeded = finished(Stage.RLHF, "rlhf-0", Map.of());
        Reference sft = finished(Stage.SFT, "sft-1", Map.of());
        Reference approved = finished(Stage.RLHF, "rlhf-1", Map.of(Lineage.SFT, sft));
        finished(Stage.SFT, "sft-2", Map.of());
        finished(Stage.RLHF, "rlhf-2", Map.of());
        collector().collect(this::registry);
        ahead = DAY.plusMinutes(1);
        Registry before = registry();
        release(approved, Verdict.APPROVED);
        Iterator<Registry> reads = List.of(before).iterator();

        // When
        List<Garbage> deleted = collector().collect(() -> reads.hasNext() ? reads.next() : registry());

        // Then
        assertThat(deleted)
                .filteredOn(garbage -> garbage.kind() == Garbage.Kind.MODEL)
                .extracting(Garbage::run)
                .containsExactly("rlhf-0");
        assertThat(List.of(approved, sft)).allMatch(this::opens);
        assertThat(opens(unneeded)).isFalse();
    }

    @Test
    void whatCannotBeAskedAnyMoreEndsACollectionAndTheNextOneGoesOn() throws IOException {
        // Given: a training state and a model that nobody needs, and a broker that is gone when the model is about to
        // go
        open("file");
        Reference old = finished(Stage.SFT, "sft-1", Map.of());
        finished(Stage.SFT, "sft-2", Map.of());
        collector().collect(this::registry);
        ahead = DAY.plusMinutes(1);
        Iterator<Registry> reads = List.of(registry(), registry()).iterator();

        // When
        List<Garbage> deleted = collector().collect(reads::next);

        // Then
        assertThat(deleted).extracting(Garbage::kind).containsExactly(Garbage.Kind.STATE);
        assertThat(opens(old)).isTrue();
        assertThat(collector().collect(this::registry))
                .extracting(Garbage::kind)
                .containsExactly(Garbage.Kind.MODEL);
    }

    @Test
    void aServiceThatTakesNothingMoreCanBeEmptied() throws IOException {
        // Given: collected once before it is full
        try (FullS3Service service = FullS3Service.start(Integer.MAX_VALUE)) {
            open("s3");
            finished(Stage.SFT, "sft-1", Map.of());
            unfinished(Stage.SFT, "sft-1");
            finished(Stage.SFT, "sft-2", Map.of());
            collector().collect(this::registry);
            unfinished(Stage.SFT, "sft-2");
            ahead = DAY.plusMinutes(1);
            service.makeRoom(0);

            // When
            List<Garbage> deleted = collector().collect(this::registry);

            // Then: with the room for the next time put aside again
            assertThat(deleted)
                    .extracting(garbage -> garbage.kind() + " " + garbage.run())
                    .containsExactly("UNFINISHED sft-2", "STATE sft-2", "MODEL sft-1");
            assertThat(store.giveUpReserve()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "records/", "registry/", "receipts/"})
    void whatWasHalfWrittenGoesWhenItIsOldWhereverItLies(String part) throws IOException {
        // Given: files without a manifest, of which one was written long ago, and a whole one
        URI root = open("s3");
        RegistryArchive archive = new RegistryArchive(store);
        archive.keep(new ArchivedRecord("tokenizers", new byte[] {1}, List.of(), null, 1_000, 0));
        String folder = root.getPath().substring(1) + part + "inference/tokenizers-1/";
        String old = folder + "0000000001-" + "ab".repeat(6) + "/value";
        String young = folder + "0000000002-" + "ab".repeat(6) + "/value";
        server.put(old, new byte[3]);
        server.put(young, new byte[3]);
        server.makeOlder(old, DAY.plusMinutes(1));

        // When
        collector().collect(this::registry);

        // Then
        assertThat(server.keys(root.getPath().substring(1))).contains(young).doesNotContain(old);
        assertThat(archive.records(Topic.TOKENIZERS)).hasSize(1);
    }

    @Test
    void anEmptyRegistryDeletesNothing() throws IOException {
        // Given
        open("file");
        Reference model = finished(Stage.SFT, "sft-1", Map.of());
        ahead = DAY.multipliedBy(100);

        // When
        List<Garbage> deleted = collector().collect(() -> new Registry(List.of(), List.of()));

        // Then
        assertThat(deleted).isEmpty();
        assertThat(opens(model)).isTrue();
    }

    @Test
    void collectorsAndSaversAtTheSameTimeLoseNothing() throws Exception {
        // Given
        open("file");
        Retention atOnce = new Retention(1, 1, Duration.ZERO, Duration.ofDays(10), 0);
        int models = 30;
        List<Reference> saved = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            // When
            List<Future<Integer>> collected = new ArrayList<>();
            for (int collector = 0; collector < 2; collector++) {
                collected.add(threads.submit(() -> {
                    int deleted = 0;
                    while (checkpointCount() < models) {
                        deleted += new StoreCollector(store, atOnce)
                                .collect(this::registry)
                                .size();
                    }
                    return deleted;
                }));
            }
            for (int model = 0; model < models; model++) {
                String run = "sft-" + (model + 100);
                Lease lease = store.claim(Stage.SFT, run);
                store.save(lease, draft(Stage.SFT, run, Map.of()), CONTENT);
                Reference finished = store.save(
                        lease,
                        draft(Stage.SFT, run, Map.of()).withComplete(true).withStep(9),
                        CONTENT);
                store.requireHeld(lease);
                saved.add(finished);
                announce(finished, Map.of());
            }
            for (Future<Integer> collector : collected) {
                assertThat(collector.get()).isPositive();
            }
        }
        new StoreCollector(store, atOnce).collect(this::registry);

        // Then
        assertThat(opens(saved.getLast())).isTrue();
        assertThat(saved.subList(0, models - 1)).noneMatch(this::opens);
        for (Reference reference : saved) {
            assertThat(store.manifest(reference).complete()).isTrue();
        }
    }

    @Test
    void aQuotaIsKeptByCollecting() throws IOException {
        // Given: room for three models and their notes
        Capacity capacity = new Capacity(3 * 25_000);
        store = CheckpointStore.open(temporary.resolve("store").toUri(), temporary, capacity, 0);
        StoreCollector collector =
                new StoreCollector(store, new Retention(1, 1, Duration.ZERO, Duration.ofDays(10), 0));
        capacity.relieveBy(() -> collector.collect(this::registry).stream()
                .mapToLong(Garbage::bytes)
                .sum());

        // When
        List<Reference> models = new ArrayList<>();
        for (int run = 0; run < 10; run++) {
            models.add(finished(Stage.SFT, "sft-" + run, Map.of()));
        }

        // Then
        assertThat(opens(models.getLast())).isTrue();
        assertThat(store.used()).isLessThanOrEqualTo(capacity.quota());
        assertThat(models).allSatisfy(model -> assertThat(store.manifest(model)).isNotNull());
    }

    private static final CheckpointStore.Content CONTENT = folder -> {
        Files.write(folder.resolve("model"), new byte[10_000]);
        Files.write(folder.resolve(StoredState.FILE), new byte[10_000]);
    };

    private URI open(String kind) throws IOException {
        URI root = kind.equals("file")
                ? temporary.resolve("store").toUri()
                : URI.create("s3://" + S3Server.BUCKET + "/" + UUID.randomUUID() + "/");
        store = CheckpointStore.open(root, temporary.resolve("cache"));
        return root;
    }

    private StoreCollector collector() {
        return new StoreCollector(store, RETENTION, this::now);
    }

    private Instant now() {
        return Instant.now().plus(ahead);
    }

    private synchronized Registry registry() {
        return new Registry(checkpoints, releases);
    }

    private synchronized int checkpointCount() {
        return checkpoints.size();
    }

    private static Manifest draft(Stage stage, String run, Map<String, Reference> parents) {
        return Manifest.draft(stage, run, 1).withParents(parents);
    }

    private Reference finished(Stage stage, String run, Map<String, Reference> parents) throws IOException {
        Reference reference = store.save(draft(stage, run, parents).withComplete(true), CONTENT);
        announce(reference, parents);
        return reference;
    }

    private synchronized void announce(Reference reference, Map<String, Reference> parents) throws IOException {
        Manifest manifest = store.manifest(reference);
        checkpoints.add(new Checkpoint(manifest.stage(), manifest.run(), 1, reference, parents, List.of(), Map.of()));
    }

    private void unfinished(Stage stage, String run) throws IOException {
        store.save(store.claim(stage, run), draft(stage, run, Map.of()), CONTENT);
    }

    private void release(Reference reference, Verdict verdict) throws IOException {
        releases.add(new ModelRelease(
                "alignstream", verdict, reference, store.manifest(reference).run(), Map.of(), "for a test"));
    }

    /** Before it is asked, no copy of it is there. */
    private boolean opens(Reference reference) {
        try {
            return store.removed(reference).isEmpty()
                    && Files.exists(store.open(reference).folder());
        } catch (DamagedCheckpointException e) {
            return false;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private boolean hasState(Reference reference) throws IOException {
        Manifest manifest = store.manifest(reference);
        return store.holdings(manifest.stage(), manifest.run()).checkpoints().stream()
                .filter(holding -> holding.reference().equals(reference))
                .anyMatch(holding -> holding.files().containsKey(StoredState.FILE));
    }
}
