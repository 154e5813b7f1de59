package io.alignstream.contracts.hash;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256, the hash behind every content address, run id and fingerprint.
 *
 * <p>What is whole goes through the static methods; what comes in parts is added to an instance, which starts anew after
 * each hash that it gives. Text counts as its UTF-8 bytes, hexadecimal digits are lower case. Instances are for one
 * thread.
 */
public final class Sha256 {

    /** Length of a hash. */
    public static final int BYTES = 32;

    private static final int BUFFER = 1 << 20;

    private final MessageDigest digest;

    /** A hash that has no parts yet. */
    public Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The hash of {@code bytes}, 64 hexadecimal digits. */
    public static String hex(byte[] bytes) {
        return new Sha256().add(bytes).hex();
    }

    /** The hash of {@code text}, 64 hexadecimal digits. */
    public static String hex(String text) {
        return new Sha256().add(text).hex();
    }

    /** The hash of a file's content, 64 hexadecimal digits; the file may be larger than memory. */
    public static String hex(Path file) throws IOException {
        Sha256 sha256 = new Sha256();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                sha256.digest.update(buffer, 0, read);
            }
        }
        return sha256.hex();
    }

    /** Whether two hashes are the same; takes as long wherever they differ, so that nobody learns a secret by measuring. */
    public static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    /** The hash of {@code text}, {@value #BYTES} bytes. */
    public static byte[] bytes(String text) {
        return new Sha256().add(text).bytes();
    }

    /** Takes {@code bytes} as the next part. */
    public Sha256 add(byte... bytes) {
        digest.update(bytes);
        return this;
    }

    /** Takes what remains in {@code bytes} as the next part and leaves nothing there. */
    public Sha256 add(ByteBuffer bytes) {
        digest.update(bytes);
        return this;
    }

    /** Takes {@code text} as the next part. */
    public Sha256 add(String text) {
        return add(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The hash of all parts, {@value #BYTES} bytes. */
    public byte[] bytes() {
        return digest.digest();
    }

    /** The hash of all parts, 64 hexadecimal digits. */
    public String hex() {
        return HexFormat.of().formatHex(bytes());
    }
}
