package io.alignstream.languagemodel.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * How the checkpoint store and bulk loading reach S3.
 *
 * <p>Credentials come from the SDK's default chain. {@value #ENDPOINT}, a system property or environment variable,
 * points to another S3 service, which is addressed by path. The SDK's own checksums are off where the service does not
 * ask for them, because many services do not know them.
 */
public final class S3Connection {

    /** Names the address of an S3 service other than AWS. */
    public static final String ENDPOINT = "ALIGNSTREAM_S3_ENDPOINT";

    private S3Connection() {}

    /** So many, with longer and longer pauses, take some quarter of a minute: a service that starts anew is back by then. */
    private static final int ATTEMPTS = 10;

    /** A thread-safe client; the caller closes it. */
    public static S3Client open() {
        S3ClientBuilder builder = S3Client.builder()
                .httpClientBuilder(new CheckedHttpClient.Builder())
                .overrideConfiguration(configuration ->
                        configuration.retryStrategy(AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(ATTEMPTS)
                                .build()))
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
        endpoint().ifPresent(endpoint -> {
            String region = setting("aws.region", "AWS_REGION");
            // Other services ignore the region but the signature needs one.
            builder.endpointOverride(URI.create(endpoint))
                    .forcePathStyle(true)
                    .region(region == null ? Region.US_EAST_1 : Region.of(region));
        });
        return builder.build();
    }

    /** The address of another S3 service; empty for AWS. */
    static Optional<String> endpoint() {
        return Optional.ofNullable(setting(ENDPOINT, ENDPOINT));
    }

    private static @Nullable String setting(String property, String variable) {
        String value = System.getProperty(property, System.getenv(variable));
        return value == null || value.isBlank() ? null : value;
    }

    /**
     * The JDK's connections, whose ends are all checked exceptions. {@link UrlConnectionHttpClient} throws an unchecked one
     * where a connection ends before an upload may begin, and the SDK tries nothing again that fails so.
     */
    private static final class CheckedHttpClient implements SdkHttpClient {

        private final SdkHttpClient connections;

        private CheckedHttpClient(SdkHttpClient connections) {
            this.connections = connections;
        }

        /** Makes one for a client, which closes it. */
        static final class Builder implements SdkHttpClient.Builder<Builder> {
            @Override
            public SdkHttpClient buildWithDefaults(AttributeMap defaults) {
                return new CheckedHttpClient(UrlConnectionHttpClient.builder().buildWithDefaults(defaults));
            }
        }

        @Override
        public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
            ExecutableHttpRequest prepared = connections.prepareRequest(request);
            return new ExecutableHttpRequest() {
                @Override
                public HttpExecuteResponse call() throws IOException {
                    try {
                        return prepared.call();
                    } catch (UncheckedIOException e) {
                        if (e.getCause() instanceof SocketException ended) {
                            throw ended;
                        }
                        throw e; // a refusal before the upload, which is final
                    }
                }

                @Override
                public void abort() {
                    prepared.abort();
                }
            };
        }

        @Override
        public String clientName() {
            return connections.clientName();
        }

        @Override
        public void close() {
            connections.close();
        }
    }
}
