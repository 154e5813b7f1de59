package io.alignstream.contracts.tracing;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The place in a trace from which something was caused, as the <a href="https://www.w3.org/TR/trace-context/">W3C Trace
 * Context</a> writes it: {@code 00-TRACE-SPAN-FLAGS}, 32, 16 and 2 hexadecimal digits. Immutable.
 *
 * <p>An event names it in the attribute of the <a
 * href="https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/distributed-tracing.md">CloudEvents extension for
 * distributed tracing</a>. It says who caused what, never what: it belongs to no hash, no run's id and no model.
 */
public record Traceparent(String text) {

    /** The header that is written: the extension's attribute, as the Kafka binding of CloudEvents names it. */
    public static final String HEADER = "ce_traceparent";
    /** The header of producers that trace but know no CloudEvents; read where {@link #HEADER} is missing. */
    public static final String PLAIN_HEADER = "traceparent";

    private static final Pattern FORM = Pattern.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

    public Traceparent {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("traceparent is " + shown(text)
                    + " but must be 00, a trace's 32 hexadecimal digits, a span's 16 and 2 for its flags, with dashes between"
                    + " them, neither all 0");
        }
    }

    private static String shown(String text) {
        return text.length() > 80 ? text.substring(0, 80) + "…" : text;
    }

    /** What {@code text} says; empty if it is none, as whoever wrote it wrong is not to stop what it stands on. */
    public static Optional<Traceparent> parse(@Nullable String text) {
        return Optional.ofNullable(text)
                .filter(written -> FORM.matcher(written).matches())
                .map(Traceparent::new);
    }

    /** What {@code headers} of a record say; empty if nothing readable. */
    public static Optional<Traceparent> of(Headers headers) {
        return parse(value(headers, HEADER)).or(() -> parse(value(headers, PLAIN_HEADER)));
    }

    /** Writes it to {@code headers} of a record, in place of what they said. */
    public void stamp(Headers headers) {
        headers.remove(HEADER).add(HEADER, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** 32 hexadecimal digits. */
    public String trace() {
        return text.substring(3, 35);
    }

    /** 16 hexadecimal digits. */
    public String span() {
        return text.substring(36, 52);
    }

    private static @Nullable String value(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return text;
    }
}
