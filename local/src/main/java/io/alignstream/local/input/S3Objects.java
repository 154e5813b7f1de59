package io.alignstream.local.input;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The objects below an {@code s3:} address, each fetched into a temporary file while it is read.
 *
 * <p>Credentials come from the SDK's default chain; {@code ALIGNSTREAM_S3_ENDPOINT}, a system property or environment
 * variable, points to another S3 service, as it does for the checkpoint store.
 */
final class S3Objects {

    private static final String ENDPOINT = "ALIGNSTREAM_S3_ENDPOINT";

    private S3Objects() {}

    /** The objects whose key begins with the path of {@code address} and whose name is {@code wanted}, in key order. */
    static List<InputFile> below(String address, Predicate<String> wanted) {
        URI uri = URI.create(address);
        String bucket = uri.getHost();
        if (bucket == null) {
            throw new InputException(Path.of(address), "is no address; write s3://BUCKET/PATH");
        }
        String path = uri.getPath() == null ? "" : uri.getPath();
        String prefix = path.startsWith("/") ? path.substring(1) : path;
        List<InputFile> files = new ArrayList<>();
        try (S3Client client = client()) {
            client.listObjectsV2Paginator(request -> request.bucket(bucket).prefix(prefix)).contents().stream()
                    .filter(object -> below(object.key(), prefix) && wanted.test(object.key()))
                    .sorted(Comparator.comparing(S3Object::key))
                    .forEach(object -> files.add(new InputFile(
                            "s3://" + bucket + "/" + object.key(),
                            object.size(),
                            object.eTag(),
                            reader -> fetch(bucket, object.key(), reader))));
        } catch (SdkException e) {
            throw new InputException(Path.of(address), "cannot be listed: " + e.getMessage());
        }
        return files;
    }

    /** {@code texts} names the object or the folder, but not {@code texts-old/a.txt}. */
    private static boolean below(String key, String prefix) {
        return prefix.isEmpty() || prefix.endsWith("/") || key.equals(prefix) || key.startsWith(prefix + "/");
    }

    private static void fetch(String bucket, String key, InputFile.Reader reader) throws IOException {
        Path folder = Files.createTempDirectory("alignstream-load");
        Path file = folder.resolve(key.substring(key.lastIndexOf('/') + 1));
        try {
            try (S3Client client = client()) {
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

    private static S3Client client() {
        S3ClientBuilder builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
        String endpoint = setting(ENDPOINT, ENDPOINT);
        if (endpoint != null) {
            String region = setting("aws.region", "AWS_REGION");
            builder.endpointOverride(URI.create(endpoint))
                    .forcePathStyle(true)
                    .region(region == null ? Region.US_EAST_1 : Region.of(region));
        }
        return builder.build();
    }

    private static @Nullable String setting(String property, String variable) {
        String value = System.getProperty(property, System.getenv(variable));
        return value == null || value.isBlank() ? null : value;
    }
}
