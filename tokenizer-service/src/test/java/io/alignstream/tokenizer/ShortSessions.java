package io.alignstream.tokenizer;

import java.util.Map;

/** A connection whose topologies are taken for gone three seconds after their end, on a broker that allows it. */
public final class ShortSessions {

    private ShortSessions() {}

    /** Connects to {@code address}. */
    public static Map<String, Object> at(String address) {
        return Map.of(
                "bootstrap.servers", address,
                "main.consumer.session.timeout.ms", 3_000,
                "main.consumer.heartbeat.interval.ms", 500);
    }
}
