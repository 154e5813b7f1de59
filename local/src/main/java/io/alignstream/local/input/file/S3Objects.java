package io.alignstream.local.input.file;

import io.alignstream.languagemodel.checkpoint.S3Connection;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The objects below an {@code s3:} address, each fetched into a temporary file while it is read.
 *
 * <p>Reached as the checkpoint store is ({@link S3Connection}).
 */
public final class S3Objects {

    private S3Objects() {}

    /** The objects whose key begins with the path of {@code address} and whose name is {@code wanted}, in key order. */
    public static List<InputFile> below(String address, Predicate<String> wanted) {
        URI uri = URI.create(address);
        String bucket = uri.getHost();
        if (bucket == null) {
            throw new InputException(address, "is no address; write s3://BUCKET/PATH");
        }
        String path = uri.getPath() == null ? "" : uri.getPath();
        String prefix = path.startsWith("/") ? path.substring(1) : path;
        List<InputFile> files = new ArrayList<>();
        try (S3Client client = S3Connection.open()) {
            client.listObjectsV2Paginator(request -> request.bucket(bucket).prefix(prefix)).contents().stream()
                    .filter(object -> below(object.key(), prefix) && wanted.test(object.key()))
                    .sorted(Comparator.comparing(S3Object::key))
                    .forEach(object -> files.add(new InputFile(
                            "s3://" + bucket + "/" + object.key(),
                            object.size(),
                            object.eTag(),
                            reader -> fetch(bucket, object.key(), reader))));
        } catch (SdkException e) {
            throw new InputException(
                    address,
                    "cannot be listed: " + withoutDetails(e)
                            + "; credentials and AWS_REGION are looked for where AWS's own" + " tools do, "
                            + S3Connection.ENDPOINT + " names another service");
        }
        return files;
    }

    /** {@code texts} names the object or the folder, but not {@code texts-old/a.txt}. */
    private static boolean below(String key, String prefix) {
        return prefix.isEmpty() || prefix.endsWith("/") || key.equals(prefix) || key.startsWith(prefix + "/");
    }

    /** The SDK's message without its list of everywhere it looked. */
    private static String withoutDetails(SdkException problem) {
        String message = String.valueOf(problem.getMessage());
        int details = message.indexOf(" from any of the providers");
        return details < 0 ? message : message.substring(0, details);
    }

    private static void fetch(String bucket, String key, InputFile.Reader reader) throws IOException {
        Path folder = Files.createTempDirectory("alignstream-load");
        Path file = folder.resolve(key.substring(key.lastIndexOf('/') + 1));
        try {
            try (S3Client client = S3Connection.open()) {
                client.getObject(request -> request.bucket(bucket).key(key), ResponseTransformer.toFile(file));
            } catch (SdkException e) {
                throw new IOException("s3://" + bucket + "/" + key + " cannot be fetched: " + e.getMessage(), e);
            }
            reader.read(file);
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        }
    }
}
