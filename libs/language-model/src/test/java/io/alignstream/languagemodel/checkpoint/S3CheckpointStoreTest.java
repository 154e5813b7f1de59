package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.testing.S3Server;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Object;

class S3CheckpointStoreTest {

    private static final Manifest DRAFT = Manifest.draft(Stage.REWARD, "run-1", 5);
    private static final CheckpointStore.Content CONTENT = folder -> {
        Files.writeString(folder.resolve("config.json"), "{\"depth\": 4}");
        Files.write(folder.resolve("empty"), new byte[0]);
        Safetensors.write(folder.resolve("model.safetensors"), Map.of("w", Tensor.of(new float[] {1, 2}, 2)), Map.of());
    };

    @TempDir
    static Path serverFolder;

    private static S3Server server;

    @TempDir
    Path temporary;

    // Every test has its own part of the bucket.
    private final URI root = URI.create("s3://" + S3Server.BUCKET + "/" + UUID.randomUUID() + "/");

    @BeforeAll
    static void startServer() throws IOException {
        server = S3Server.start(serverFolder);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Test
    void anotherPodOpensWhatWasSaved() throws IOException {
        // Given
        CheckpointStore store = open("one");
        Manifest draft = DRAFT.withParents(Map.of("sft", store.save(Manifest.draft(Stage.SFT, "run-0", 1), CONTENT)));
        // When
        Reference reference = store.save(draft, CONTENT);
        StoredCheckpoint stored = open("two").open(reference);
        // Then
        assertThat(reference.uri()).isEqualTo(URI.create(root + "reward/run-1/0000000005-" + reference.shortSha256()));
        assertThat(stored.reference()).isEqualTo(reference);
        assertThat(stored.manifest().parents()).isEqualTo(draft.parents());
        assertThat(stored.folder()).startsWith(temporary.resolve("two"));
        assertThat(Safetensors.read(stored.folder().resolve("model.safetensors")))
                .containsOnlyKeys("w");
    }

    @Test
    void addressIsThatOfTheFileStore() throws IOException {
        // Given
        CheckpointStore files = FileCheckpointStore.open(temporary.resolve("files"));
        // When
        Reference reference = open("one").save(DRAFT, CONTENT);
        // Then
        assertThat(files.save(DRAFT, CONTENT).sha256()).isEqualTo(reference.sha256());
    }

    @Test
    void listsNewestFirst() throws IOException {
        // Given
        CheckpointStore store = open("one");
        Reference second = store.save(DRAFT.withStep(2), CONTENT);
        Reference tenth = store.save(DRAFT.withStep(10), CONTENT);
        store.save(Manifest.draft(Stage.REWARD, "run-2", 1), CONTENT);
        // When
        CheckpointStore other = open("two");
        // Then
        assertThat(other.list(Stage.REWARD, "run-1"))
                .extracting(StoredCheckpoint::reference)
                .containsExactly(tenth, second);
        assertThat(other.newest(Stage.REWARD, "run-1"))
                .map(StoredCheckpoint::reference)
                .contains(tenth);
        assertThat(other.manifests(Stage.REWARD, "run-1")).containsOnlyKeys(tenth, second);
        assertThat(other.runs(Stage.REWARD)).containsExactly("run-1", "run-2");
        assertThat(other.runs(Stage.RLHF)).isEmpty();
    }

    @Test
    void prunesBucketAndCache() throws IOException {
        // Given
        CheckpointStore store = open("one");
        store.save(DRAFT.withStep(1), CONTENT);
        Reference complete = store.save(DRAFT.withStep(2).withComplete(true), CONTENT);
        Reference newest = store.save(DRAFT.withStep(3), CONTENT);
        // When
        store.prune(store.claim(Stage.REWARD, "run-1"), 1, Set.of());
        // Then
        assertThat(store.manifests(Stage.REWARD, "run-1").keySet())
                .extracting(Reference::sha256)
                .containsExactly(complete.sha256(), newest.sha256());
        assertThat(FileCheckpointStore.open(temporary.resolve("one")).list(Stage.REWARD, "run-1"))
                .hasSize(2);
    }

    @Test
    void aDamageThatLeavesTheSizeDoesNotCostTheLastGoodState() throws IOException {
        // Given
        CheckpointStore store = open("one");
        Reference good = store.save(DRAFT.withStep(1), CONTENT);
        Reference damaged = store.save(DRAFT.withStep(2), CONTENT);
        damage(store, damaged, "model.safetensors", Damage.FLIPPED);
        CheckpointStore another = open("two");
        // When
        another.prune(another.claim(Stage.REWARD, "run-1"), 1, Set.of());
        // Then
        assertThat(another.newest(Stage.REWARD, "run-1"))
                .map(stored -> stored.reference().sha256())
                .contains(good.sha256());
    }

    @Test
    void whatDeadProcessesLeftIsDeletedOnceItIsOld() throws IOException {
        // Given
        Reference whole = open("one").save(DRAFT, CONTENT);
        leaveHalfDone();
        CheckpointStore store = S3CheckpointStore.open(
                root, temporary.resolve("two"), S3Bucket.PART_BYTES, Duration.ofMinutes(-1), new Capacity(0), 0);
        // When
        store.prune(store.claim(Stage.REWARD, "run-1"), 1, Set.of());
        // Then
        assertThat(keys()).hasSize(4).allMatch(key -> key.contains(whole.shortSha256()));
        assertThat(uploads()).isEmpty();
    }

    @Test
    void whatSomebodyMayBeAtWorkOnIsLeftAlone() throws IOException {
        // Given
        CheckpointStore store = open("one");
        store.save(DRAFT, CONTENT);
        leaveHalfDone();
        // When
        store.prune(store.claim(Stage.REWARD, "run-1"), 1, Set.of());
        // Then
        assertThat(keys()).hasSize(5);
        assertThat(uploads()).hasSize(1);
    }

    /** A file of a checkpoint without a manifest, and an upload in parts that nobody has ended. */
    private void leaveHalfDone() {
        String folder = root.getPath().substring(1) + "reward/run-1/0000000009-" + "ab".repeat(6) + "/";
        server.client()
                .putObject(
                        put -> put.bucket(S3Server.BUCKET).key(folder + "config.json"),
                        RequestBody.fromString("half-done"));
        server.client()
                .createMultipartUpload(create -> create.bucket(S3Server.BUCKET).key(folder + "model.safetensors"));
    }

    /** Those of checkpoints. */
    private List<String> keys() {
        return server
                .client()
                .listObjectsV2(list ->
                        list.bucket(S3Server.BUCKET).prefix(root.getPath().substring(1)))
                .contents()
                .stream()
                .map(S3Object::key)
                .filter(key -> key.matches(".*/run-1/[0-9]{10}-.*/.*"))
                .toList();
    }

    private List<MultipartUpload> uploads() {
        return server.client().listMultipartUploads(list -> list.bucket(S3Server.BUCKET)).uploads().stream()
                .filter(upload -> upload.key().startsWith(root.getPath().substring(1)))
                .toList();
    }

    private enum Damage {
        FLIPPED,
        SHORTENED,
        LENGTHENED,
        EMPTIED;

        byte[] of(byte[] whole) {
            return switch (this) {
                case FLIPPED -> {
                    byte[] flipped = whole.clone();
                    flipped[whole.length / 2] ^= 1;
                    yield flipped;
                }
                case SHORTENED -> Arrays.copyOf(whole, whole.length - 1);
                case LENGTHENED -> Arrays.copyOf(whole, whole.length + 1);
                case EMPTIED -> new byte[0];
            };
        }
    }

    private static Stream<Arguments> everyDamageOfEveryFile() {
        return Stream.of("manifest.json", "config.json", "model.safetensors")
                .flatMap(file -> Stream.of(Damage.values()).map(damage -> Arguments.of(file, damage)));
    }

    @ParameterizedTest
    @MethodSource("everyDamageOfEveryFile")
    void everyDamageIsNoticed(String file, Damage damage) throws IOException {
        // Given
        CheckpointStore store = open("one");
        Reference older = store.save(DRAFT.withStep(1), CONTENT);
        Reference newer = store.save(DRAFT.withStep(2), CONTENT);
        damage(store, newer, file, damage);
        // When
        CheckpointStore other = open("other");
        // Then
        assertThatExceptionOfType(DamagedCheckpointException.class)
                .isThrownBy(() -> other.open(newer))
                .withMessageContaining(newer.uri() + "/" + file);
        assertThat(other.newest(Stage.REWARD, "run-1"))
                .map(StoredCheckpoint::reference)
                .contains(older);
    }

    @ParameterizedTest
    @ValueSource(strings = {"manifest.json", "config.json", "model.safetensors"})
    void savingAgainHealsADamage(String file) throws IOException {
        // Given
        CheckpointStore store = open("one");
        Reference reference = store.save(DRAFT, CONTENT);
        damage(store, reference, file, Damage.EMPTIED);
        // When
        store.save(DRAFT, CONTENT);
        // Then
        assertThat(open("two").open(reference).reference()).isEqualTo(reference);
    }

    private static void damage(CheckpointStore store, Reference reference, String file, Damage damage)
            throws IOException {
        byte[] whole = Files.readAllBytes(store.open(reference).folder().resolve(file));
        put(reference, file, damage.of(whole));
    }

    @ParameterizedTest
    @ValueSource(strings = {"manifest.json", "config.json", "model.safetensors"})
    void aMissingObjectIsNoticed(String file) throws IOException {
        // Given
        Reference reference = open("one").save(DRAFT, CONTENT);
        // When
        server.client().deleteObject(delete -> delete.bucket(S3Server.BUCKET).key(key(reference, file)));
        // Then
        assertThatExceptionOfType(DamagedCheckpointException.class)
                .isThrownBy(() -> open("two").open(reference))
                .withMessageContaining(file);
        assertThat(open("two").list(Stage.REWARD, "run-1")).isEmpty();
    }

    @Test
    void aDamagedCopyInTheCacheIsReplaced() throws IOException {
        // Given
        CheckpointStore store = open("one");
        Reference reference = store.save(DRAFT, CONTENT);
        Path config = store.open(reference).folder().resolve("config.json");
        // When
        Files.writeString(config, "{\"depth\": 5}");
        StoredCheckpoint stored = store.open(reference);
        // Then
        assertThat(stored.folder().resolve("config.json")).hasContent("{\"depth\": 4}");
    }

    @Test
    void largeFilesTravelInParts() throws IOException {
        // Given
        int part = 5 * 1024 * 1024;
        byte[] bytes = new byte[2 * part + 12_345];
        new Random(1).nextBytes(bytes);
        CheckpointStore store =
                S3CheckpointStore.open(root, temporary.resolve("one"), part, Duration.ofDays(1), new Capacity(0), 0);
        // When
        Reference reference = store.save(DRAFT, folder -> Files.write(folder.resolve("model.safetensors"), bytes));
        StoredCheckpoint stored = open("two").open(reference);
        // Then
        assertThat(stored.folder().resolve("model.safetensors")).hasBinaryContent(bytes);
    }

    @Test
    void aMissingBucketIsNamed() throws IOException {
        // Given
        CheckpointStore store = CheckpointStore.open(URI.create("s3://nobody-made-it/x"), temporary.resolve("one"));
        // When // Then
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> store.save(DRAFT, CONTENT))
                .withMessageContaining("s3://nobody-made-it/x/reward/run-1")
                .withMessageContaining(System.getProperty(S3Connection.ENDPOINT));
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> store.newest(Stage.REWARD, "run-1"))
                .withMessageContaining("s3://nobody-made-it/x/reward/run-1");
    }

    @Test
    void wrongCredentialsAreAnError() throws IOException {
        // Given
        String secret = System.getProperty("aws.secretAccessKey");
        System.setProperty("aws.secretAccessKey", "not-the-secret");
        try {
            CheckpointStore store = open("one");
            // When // Then
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> store.save(DRAFT, CONTENT))
                    .withMessageContaining("cannot write " + root);
        } finally {
            System.setProperty("aws.secretAccessKey", secret);
        }
        assertThat(open("two").runs(Stage.REWARD)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"s3:bucket", "s3:///x", "s3://bucket/x?y=z", "s3://bucket/x#y"})
    void rootsWithoutABucketAreRefused(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CheckpointStore.open(URI.create(uri), temporary))
                .withMessageContaining(uri);
    }

    private CheckpointStore open(String cache) throws IOException {
        return CheckpointStore.open(root, temporary.resolve(cache));
    }

    private static void put(Reference reference, String file, byte[] bytes) {
        server.client()
                .putObject(put -> put.bucket(S3Server.BUCKET).key(key(reference, file)), RequestBody.fromBytes(bytes));
    }

    private static String key(Reference reference, String file) {
        return reference.uri().getPath().substring(1) + "/" + file;
    }
}
