package io.alignstream.inference;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.inject.Singleton;

/** Lets a test find out what becomes of a reader who takes nothing: the system would keep megabytes for it. */
@Singleton
public class SmallSendBuffer implements HttpServerOptionsCustomizer {

    private static final int BYTES = 16 * 1024;

    @Override
    public void customizeHttpServer(HttpServerOptions options) {
        options.setSendBufferSize(BYTES);
    }
}
