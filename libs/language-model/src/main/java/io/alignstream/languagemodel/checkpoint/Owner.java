package io.alignstream.languagemodel.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * Who owns a run, as a small object beside its checkpoints: for people, and to tell an owner that lives from one that died.
 * Immutable.
 *
 * @param process host and process id
 * @param since when the run was claimed, by the owner's clock
 * @param token tells two claims apart
 * @param beat grows while the owner is alive
 */
public record Owner(String process, String since, String token, long beat) {

    /** Bytes that an owner has at most. */
    static final int MAX_BYTES = 4096;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
    /** Stands where a crash has left nothing to read. */
    static final Owner UNKNOWN = new Owner("?", "?", "", 0);

    /** This process, now. */
    static Owner claiming() {
        return new Owner(
                host() + "/" + ProcessHandle.current().pid(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                UUID.randomUUID().toString(),
                0);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    /** A moment later. */
    Owner alive() {
        return new Owner(process, since, token, beat + 1);
    }

    byte[] toJson() {
        try {
            return JSON.writeValueAsString(this).getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write an owner as JSON: " + e.getOriginalMessage(), e);
        }
    }

    static Owner parse(byte[] json) {
        try {
            return JSON.readValue(new String(json, StandardCharsets.UTF_8), Owner.class);
        } catch (JsonProcessingException e) {
            return UNKNOWN;
        }
    }
}
