package io.alignstream.contracts.access;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.check.JsonFault;
import io.alignstream.contracts.messages.Reason;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * The API keys of an installation, one JSON file for all of its services.
 *
 * <p>Beside it lies {@value #SESSION_SECRET}: what the services sign the cookies of browsers with, so that who signed in
 * at one of them is known to all. Neither file holds a key.
 *
 * @param keys the oldest first
 */
public record KeyFile(List<ApiKey> keys) {

    /** Most keys of a file. */
    public static final int MAX_KEYS = 10_000;

    /** Name of the file beside it. */
    public static final String SESSION_SECRET = "session-secret";

    private static final int MIN_SECRET = 32;
    private static final long MAX_BYTES = 16L << 20;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    public KeyFile {
        keys = Check.list("keys", keys, 0, MAX_KEYS);
        Check.unique("keys[].id", keys, ApiKey::id);
    }

    /**
     * Reads {@code file}.
     *
     * @throws InvalidInputException if it is not there, cannot be read or is no such file, with what is wrong
     */
    public static KeyFile read(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw unusable(file, Reason.of("keys.tooLarge").with("most", MAX_BYTES));
            }
            KeyFile read = JSON.readValue(Files.readAllBytes(file), KeyFile.class);
            if (read == null) {
                throw unusable(file, Reason.of("invalid.missing").with("field", "keys"));
            }
            return read;
        } catch (JsonProcessingException e) {
            throw unusable(file, JsonFault.of(e));
        } catch (IOException e) {
            throw unusable(file, Reason.of("keys.notReadable").with("detail", e.toString()));
        }
    }

    private static InvalidInputException unusable(Path file, Reason problem) {
        return new InvalidInputException(
                Reason.of("keys.unusable").with("file", file.toString()).with("problem", problem));
    }

    /**
     * The secret beside {@code file}.
     *
     * @throws InvalidInputException if it is not there or too short
     */
    public static String sessionSecret(Path file) {
        Path secret = file.resolveSibling(SESSION_SECRET);
        try {
            String text = Files.readString(secret).strip();
            if (text.length() < MIN_SECRET) {
                throw unusable(secret, Reason.of("keys.shortSecret").with("least", MIN_SECRET));
            }
            return text;
        } catch (IOException e) {
            throw unusable(secret, Reason.of("keys.noSecret").with("detail", e.toString()));
        }
    }

    /** The key that {@code presented} is, if it is one that still opens something. */
    public Optional<ApiKey> find(String presented) {
        return ApiKey.idIn(presented).flatMap(this::valid).filter(key -> key.matches(presented));
    }

    /** The key called {@code id}, if it still opens something. */
    public Optional<ApiKey> valid(String id) {
        return keys.stream().filter(key -> key.id().equals(id) && key.isValid()).findFirst();
    }

    /** These keys and one more. */
    public KeyFile with(ApiKey key) {
        List<ApiKey> more = new ArrayList<>(keys);
        more.add(key);
        return new KeyFile(more);
    }

    /**
     * These keys, {@code id} revoked from now on.
     *
     * @throws InvalidInputException if there is no such key
     */
    public KeyFile revoked(String id, Instant now) {
        if (keys.stream().noneMatch(key -> key.id().equals(id))) {
            throw new InvalidInputException(Reason.of("keys.unknown").with("id", id));
        }
        return new KeyFile(keys.stream()
                .map(key -> key.id().equals(id) ? key.revokedAt(now) : key)
                .toList());
    }

    /** Replaces {@code file} whole, readable for its owner only, and makes the secret beside it if there is none. */
    public void write(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Path secret = file.resolveSibling(SESSION_SECRET);
        if (!Files.exists(secret)) {
            byte[] random = new byte[MIN_SECRET];
            new SecureRandom().nextBytes(random);
            replace(secret, Base64.getEncoder().encode(random));
        }
        replace(file, JSON.writeValueAsBytes(this));
    }

    private static void replace(Path file, byte[] content) throws IOException {
        Path whole = file.toAbsolutePath();
        Path folder = whole.getParent() == null ? whole : whole.getParent();
        Path temporary = Files.createTempFile(folder, "." + whole.getFileName(), ".tmp", ownerOnly());
        try {
            Files.write(temporary, content);
            Files.move(temporary, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static FileAttribute<?>[] ownerOnly() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }
}
