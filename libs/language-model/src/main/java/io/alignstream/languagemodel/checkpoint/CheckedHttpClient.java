package io.alignstream.languagemodel.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * The JDK's connections, whose ends are all checked exceptions. {@link UrlConnectionHttpClient} throws an unchecked one where a connection
 * ends before an upload may begin, and the SDK tries nothing again that fails so.
 */
final class CheckedHttpClient implements SdkHttpClient {

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
