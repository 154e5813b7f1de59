package io.alignstream.inference.explorer;

import com.fasterxml.jackson.annotation.JsonValue;
import io.alignstream.contracts.messages.Reason;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The model at three points of its making, and one beside it. */
enum Version {
    /** Has read documents. */
    BASE,
    /** Has learned from instructions besides. */
    SFT,
    /** Has learned from rankings besides: what is served. */
    ALIGNED,
    /** Has learned from documents to fill blanks: the newest such model, of which nothing else is made. */
    MASKED;

    /** As requests and answers name it. */
    @JsonValue
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one called {@code id}, of those that go on with texts. */
    static Version of(@Nullable String id) {
        return Arrays.stream(values())
                .filter(version -> version != MASKED && version.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new ExplorerException(
                        Response.Status.BAD_REQUEST,
                        Reason.of("explorer.unknownVersion").with("version", Questions.cut(String.valueOf(id)))));
    }
}
