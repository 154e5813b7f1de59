package io.alignstream.inference.openai;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.ext.web.RoutingContext;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * A client that may stop reading: a stream to it waits for its reader, and with the stream a thread and a place among the calls
 * that are under way. Who takes nothing for too long loses the connection, which ends the wait.
 */
final class SlowReader {

    private final Vertx vertx;
    private final HttpConnection connection;
    private final Duration patience;

    SlowReader(RoutingContext http, Duration patience) {
        this.vertx = http.vertx();
        this.connection = http.request().connection();
        this.patience = patience;
    }

    /** {@code out}, whose writes fail once they have waited too long. */
    OutputStream guarding(OutputStream out) {
        return new FilterOutputStream(out) {

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                long timer = vertx.setTimer(patience.toMillis(), late -> connection.close());
                try {
                    out.write(bytes, offset, length);
                    out.flush();
                } finally {
                    vertx.cancelTimer(timer);
                }
            }
        };
    }
}
