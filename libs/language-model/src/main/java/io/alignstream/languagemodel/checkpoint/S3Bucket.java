package io.alignstream.languagemodel.checkpoint;

import io.alignstream.languagemodel.capacity.StoreFullException;
import io.alignstream.languagemodel.checkpoint.VerifyingCheckpointStore.StoredObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.utils.Md5Utils;

/**
 * The few operations on a bucket that a checkpoint store needs; thread-safe. Failures are {@link IOException}s that
 * name bucket, key and endpoint; a missing key is a {@link NoSuchFileException}.
 *
 * <p>What is put comes with its MD5, which every service compares before it says that it has the object; the service's other
 * checksums are not asked for ({@link S3Connection}).
 */
final class S3Bucket implements AutoCloseable {

    /** A service's largest part is 5 GiB, its largest number of parts 10,000. */
    static final int PART_BYTES = 64 * 1024 * 1024;

    /** Parts of this size that are copied at once, inside the service: 4 GiB of its largest 5 GiB. */
    private static final int COPIED_PARTS = 64;

    private static final int INSUFFICIENT_STORAGE = 507;
    /** How Ceph and MinIO call it, whatever the status. */
    private static final Set<String> FULL =
            Set.of("QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded");

    private final S3Client client;
    private final String bucket;
    private final String endpoint;
    private final int partBytes;
    private final long copyBytes;

    private S3Bucket(S3Client client, String bucket, String endpoint, int partBytes) {
        this.client = client;
        this.copyBytes = (long) partBytes * COPIED_PARTS;
        this.bucket = bucket;
        this.endpoint = endpoint;
        this.partBytes = partBytes;
    }

    static S3Bucket open(String bucket, int partBytes) {
        return new S3Bucket(S3Connection.open(), bucket, S3Connection.endpoint().orElse("AWS"), partBytes);
    }

    /** Creates or replaces an object. */
    void put(String key, Path file) throws IOException {
        long size = Files.size(file);
        if (size > partBytes) {
            putInParts(key, file, size);
        } else {
            String md5 = Md5Utils.md5AsBase64(file.toFile());
            attempt(
                    "write",
                    key,
                    () -> client.putObject(put -> put.bucket(bucket).key(key).contentMD5(md5), file));
        }
    }

    /** Creates or replaces a small object. */
    void put(String key, byte[] bytes) throws IOException {
        attempt("write", key, () -> client.putObject(put -> put.bucket(bucket).key(key), RequestBody.fromBytes(bytes)));
    }

    /** Copies an object of {@code size} bytes inside the service. */
    void copy(String from, String to, long size) throws IOException {
        if (size > copyBytes) {
            copyInParts(from, to, size);
        } else {
            attempt(
                    "copy",
                    from,
                    () -> client.copyObject(copy -> copy.sourceBucket(bucket)
                            .sourceKey(from)
                            .destinationBucket(bucket)
                            .destinationKey(to)));
        }
    }

    private void copyInParts(String from, String to, long size) throws IOException {
        inParts(to, size, copyBytes, (upload, number, begin, length) -> client.uploadPartCopy(
                        part -> part.sourceBucket(bucket)
                                .sourceKey(from)
                                .copySourceRange("bytes=" + begin + "-" + (begin + length - 1))
                                .destinationBucket(bucket)
                                .destinationKey(to)
                                .uploadId(upload)
                                .partNumber(number))
                .copyPartResult()
                .eTag());
    }

    private void putInParts(String key, Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            inParts(key, size, partBytes, (upload, number, begin, length) -> {
                RequestBody body = RequestBody.fromByteBuffer(channel.map(MapMode.READ_ONLY, begin, length));
                String md5 = Md5Utils.md5AsBase64(body.contentStreamProvider().newStream());
                return client.uploadPart(
                                part -> part.bucket(bucket)
                                        .key(key)
                                        .uploadId(upload)
                                        .partNumber(number)
                                        .contentMD5(md5),
                                body)
                        .eTag();
            });
        }
    }

    /** Brings one part of an object to the service and returns its tag. */
    @FunctionalInterface
    private interface Part {
        String bring(String upload, int number, long begin, long length) throws IOException;
    }

    private void inParts(String key, long size, long partSize, Part part) throws IOException {
        String upload = attempt("write", key, () -> client.createMultipartUpload(
                        create -> create.bucket(bucket).key(key))
                .uploadId());
        try {
            List<CompletedPart> parts = new ArrayList<>();
            for (long begin = 0; begin < size; begin += partSize) {
                long first = begin;
                int number = parts.size() + 1;
                String tag = attempt(
                        "write", key, () -> part.bring(upload, number, first, Math.min(partSize, size - first)));
                parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
            }
            attempt(
                    "write",
                    key,
                    () -> client.completeMultipartUpload(complete -> complete.bucket(bucket)
                            .key(key)
                            .uploadId(upload)
                            .multipartUpload(all -> all.parts(parts))));
        } catch (IOException e) {
            abort(key, upload, e);
            throw e;
        }
    }

    private void abort(String key, String upload, IOException failure) {
        try {
            client.abortMultipartUpload(abort -> abort.bucket(bucket).key(key).uploadId(upload));
        } catch (SdkException | UncheckedIOException e) {
            failure.addSuppressed(e);
        }
    }

    /** Reads a small object, unless it has more than {@code maxBytes}. */
    byte[] get(String key, int maxBytes) throws IOException {
        return attempt(
                "read",
                key,
                () -> client.getObject(get -> get.bucket(bucket).key(key), (response, in) -> {
                    byte[] bytes = in.readNBytes(maxBytes + 1);
                    if (bytes.length > maxBytes) {
                        in.abort();
                        throw new DamagedCheckpointException(
                                uri(key) + " has more than " + maxBytes + " bytes, no manifest has");
                    }
                    return bytes;
                }));
    }

    /** Downloads an object into a new file. */
    void get(String key, Path file) throws IOException {
        attempt(
                "read",
                key,
                () -> client.getObject(get -> get.bucket(bucket).key(key), ResponseTransformer.toFile(file)));
    }

    /** Sizes of all objects below {@code prefix} by their whole key. */
    SequencedMap<String, Long> sizes(String prefix) throws IOException {
        return attempt("list", prefix, () -> {
            SequencedMap<String, Long> sizes = new TreeMap<>();
            for (S3Object object : client.listObjectsV2Paginator(
                            list -> list.bucket(bucket).prefix(prefix))
                    .contents()) {
                sizes.put(object.key(), object.size());
            }
            return sizes;
        });
    }

    /** Names of the objects directly below {@code prefix}, which ends with a slash. */
    List<String> objects(String prefix) throws IOException {
        return attempt("list", prefix, () -> {
            List<String> objects = new ArrayList<>();
            for (S3Object object : client.listObjectsV2Paginator(
                            list -> list.bucket(bucket).prefix(prefix).delimiter("/"))
                    .contents()) {
                objects.add(object.key().substring(prefix.length()));
            }
            return objects;
        });
    }

    /** Names of the folders directly below {@code prefix}, which ends with a slash. */
    List<String> folders(String prefix) throws IOException {
        return attempt("list", prefix, () -> {
            List<String> folders = new ArrayList<>();
            for (CommonPrefix folder : client.listObjectsV2Paginator(
                            list -> list.bucket(bucket).prefix(prefix).delimiter("/"))
                    .commonPrefixes()) {
                folders.add(folder.prefix().substring(prefix.length()).replace("/", ""));
            }
            return folders;
        });
    }

    /** Each object below {@code prefix}, by its whole key. */
    SequencedMap<String, StoredObject> objectsBelow(String prefix) throws IOException {
        return attempt("list", prefix, () -> {
            SequencedMap<String, StoredObject> objects = new TreeMap<>();
            for (S3Object object : client.listObjectsV2Paginator(
                            list -> list.bucket(bucket).prefix(prefix))
                    .contents()) {
                objects.put(object.key(), new StoredObject(object.size(), object.lastModified()));
            }
            return objects;
        });
    }

    /**
     * Gives up uploads in parts below {@code prefix} that were begun before {@code time}; their parts take room that no
     * listing shows. At most a thousand at once.
     *
     * @return how many
     */
    int abortUploads(String prefix, Instant time) throws IOException {
        return attempt("list the uploads of", prefix, () -> {
            int aborted = 0;
            for (MultipartUpload upload : client.listMultipartUploads(
                            list -> list.bucket(bucket).prefix(prefix))
                    .uploads()) {
                // Some services ignore the prefix.
                if (upload.key().startsWith(prefix) && upload.initiated().isBefore(time)) {
                    client.abortMultipartUpload(
                            abort -> abort.bucket(bucket).key(upload.key()).uploadId(upload.uploadId()));
                    aborted++;
                }
            }
            return aborted;
        });
    }

    /** Deletes an object; it may be gone already. */
    void delete(String key) throws IOException {
        attempt(
                "delete",
                key,
                () -> client.deleteObject(delete -> delete.bucket(bucket).key(key)));
    }

    String uri(String key) {
        return "s3://" + bucket + "/" + key;
    }

    @FunctionalInterface
    private interface Call<T> {
        T run() throws IOException;
    }

    private <T> T attempt(String what, String key, Call<T> call) throws IOException {
        try {
            return call.run();
        } catch (NoSuchKeyException e) {
            throw (IOException) new NoSuchFileException(uri(key)).initCause(e);
        } catch (S3Exception e) {
            if (isFull(e)) {
                throw StoreFullException.service(uri(key), e);
            }
            throw failed(what, key, e);
        } catch (SdkException | UncheckedIOException e) { // the latter where a connection ends before its answer
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof DamagedCheckpointException damaged) {
                    throw damaged;
                }
            }
            throw failed(what, key, e);
        }
    }

    private IOException failed(String what, String key, RuntimeException e) {
        return new IOException("cannot " + what + " " + uri(key) + " at " + endpoint + ": " + e.getMessage(), e);
    }

    /** S3 itself is never full; services on one's own disks are, or give each bucket a share. */
    private static boolean isFull(S3Exception refusal) {
        return refusal.statusCode() == INSUFFICIENT_STORAGE
                || (refusal.awsErrorDetails() != null
                        && FULL.contains(
                                String.valueOf(refusal.awsErrorDetails().errorCode())));
    }

    @Override
    public void close() {
        client.close();
    }
}
