package io.alignstream.stageruntime.assets;

import io.alignstream.contracts.hash.Sha256;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Gives each script and style a tag of its content, by which a browser asks whether what it keeps is still the same.
 *
 * <p>Times tell nothing here: all files of a build carry the same one, whatever has changed. Thread-safe.
 */
@Singleton
public class AssetTags {

    /** After whoever may not come in has been refused. */
    private static final int LATE = 50;

    private static final Pattern TAGGED = Pattern.compile("/[\\w./-]+[.](?:js|css)");
    /** The chart library has its version in its name, and is kept for a year. */
    private static final String NAMED = "/alignstream/echarts-";

    private static final int DIGITS = 16;

    /** By path; only what there is. */
    private final Map<String, String> tags = new ConcurrentHashMap<>();

    void register(@Observes Filters filters) {
        filters.register(this::answer, LATE);
    }

    private void answer(RoutingContext call) {
        Optional<String> tag =
                call.request().method().equals(HttpMethod.GET) ? tag(call.normalizedPath()) : Optional.empty();
        if (tag.isEmpty()) {
            call.next();
            return;
        }
        String known = call.request().getHeader(HttpHeaders.IF_NONE_MATCH);
        if (known != null && known.contains(tag.get())) {
            call.response()
                    .setStatusCode(304)
                    .putHeader(HttpHeaders.ETAG, tag.get())
                    .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                    .end();
            return;
        }
        call.request().headers().remove(HttpHeaders.IF_MODIFIED_SINCE);
        call.addHeadersEndHandler(sent -> call.response()
                .headers()
                .set(HttpHeaders.ETAG, tag.get())
                .set(HttpHeaders.CACHE_CONTROL, "no-cache")
                .remove(HttpHeaders.LAST_MODIFIED));
        call.next();
    }

    /** Weak, as what travels may be compressed; empty if there is no such file. */
    private Optional<String> tag(String path) {
        String known = tags.get(path);
        if (known != null || !TAGGED.matcher(path).matches() || path.startsWith(NAMED)) {
            return Optional.ofNullable(known);
        }
        try (InputStream file =
                Thread.currentThread().getContextClassLoader().getResourceAsStream("META-INF/resources" + path)) {
            if (file == null) {
                return Optional.empty();
            }
            String tag = "W/\"" + new Sha256().add(file.readAllBytes()).hex().substring(0, DIGITS) + "\"";
            tags.put(path, tag);
            return Optional.of(tag);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
