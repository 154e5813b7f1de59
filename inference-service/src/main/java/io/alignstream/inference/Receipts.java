package io.alignstream.inference;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.SharedSecrets;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receipts for answers: what was asked and what was answered, with a seal that nobody else can make. Who gives feedback
 * sends it back, so every instance takes feedback on the answers of all, and on those from before it was started; thread-safe.
 *
 * <p>A receipt is the HMAC-SHA-256 of what follows, then the answer as compressed JSON, in base64url. The key lies in the
 * store that all instances share, below {@value #FOLDER}; the first instance makes it. Two that start at the same moment
 * make one each: both count.
 */
@ApplicationScoped
public class Receipts {

    static final String FOLDER = "receipts";
    private static final int SEAL_BYTES = 32;
    /** Begins what is no receipt, whose first byte is that of compressed bytes. */
    private static final String PSEUDONYM = "annotator ";

    /** Among a million users of one client two have the same one in some ten billion tries. */
    private static final int PSEUDONYM_BYTES = 12;

    private static final String ALGORITHM = "HmacSHA256";
    private static final Duration RETRY = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(Receipts.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final SharedSecrets secrets;
    private volatile List<byte[]> keys = List.of();
    private volatile long askedAt = System.nanoTime() - RETRY.toNanos();
    private @Nullable Thread preparing;

    Receipts(CheckpointStore store) {
        this.secrets = new SharedSecrets(store, Stage.INFERENCE, FOLDER);
    }

    /** What is sealed. */
    private record Sealed(String id, RecentResponses.Response response) {}

    /** In the background: answers do not wait for the store. */
    void start(@Observes StartupEvent event) {
        preparing = Thread.ofVirtual().name("receipts").start(() -> {
            try {
                while (!prepare()) {
                    Thread.sleep(RETRY);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    void stop(@Observes ShutdownEvent event) {
        if (preparing != null) {
            preparing.interrupt();
        }
    }

    /** Gets the key, or makes it; false if the store does not answer. */
    boolean prepare() {
        try {
            keys = secrets.all();
            return true;
        } catch (IOException e) {
            LOG.warn("answers have no receipts yet: {}", e.toString());
            return false;
        }
    }

    /** The receipt for the response {@code id}; empty as long as the store has not given the key. */
    public Optional<String> of(String id, RecentResponses.Response response) {
        return keys.stream().findFirst().map(key -> {
            byte[] text = compressed(new Sealed(id, response));
            byte[] seal = seal(key, text);
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(ByteBuffer.allocate(seal.length + text.length)
                            .put(seal)
                            .put(text)
                            .array());
        });
    }

    /** The response {@code id} as {@code receipt} has it; empty if that is no receipt for it. */
    public Optional<RecentResponses.Response> open(String id, String receipt) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(receipt);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        if (bytes.length <= SEAL_BYTES) {
            return Optional.empty();
        }
        byte[] seal = Arrays.copyOf(bytes, SEAL_BYTES);
        byte[] text = Arrays.copyOfRange(bytes, SEAL_BYTES, bytes.length);
        if (!isOurs(seal, text) && !(lookAgain() && isOurs(seal, text))) {
            return Optional.empty();
        }
        Sealed sealed = read(text);
        return sealed.id().equals(id) ? Optional.of(sealed.response()) : Optional.empty();
    }

    /**
     * The name under which opinions of {@code user} stand in topics: the same at every instance and for every model, so a later
     * opinion replaces an earlier one, another one for each {@code client}, and nothing that anybody without the key finds out
     * from {@code user}, or the other way. Empty as long as the store has not given the key.
     *
     * @param client who called, as signed in; empty if nobody did
     * @param user as the client calls them
     */
    public Optional<String> pseudonym(String client, String user) {
        if (keys.isEmpty()) {
            lookAgain();
        }
        byte[] who = (PSEUDONYM + client.length() + " " + client + user).getBytes(StandardCharsets.UTF_8);
        return keys.stream().findFirst().map(key -> HexFormat.of().formatHex(seal(key, who), 0, PSEUDONYM_BYTES));
    }

    private boolean isOurs(byte[] seal, byte[] text) {
        // Sealed once more, what is compared tells nobody how much of a guess was right.
        return keys.stream().anyMatch(key -> Arrays.equals(seal(key, seal), seal(key, seal(key, text))));
    }

    /** Another instance may have made a key since; asked now and then only, because anybody may send anything. */
    private boolean lookAgain() {
        long now = System.nanoTime();
        if (now - askedAt < RETRY.toNanos()) {
            return false;
        }
        askedAt = now;
        return prepare();
    }

    private static byte[] seal(byte[] key, byte[] text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            return mac.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    private static byte[] compressed(Sealed sealed) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(bytes)) {
            out.write(JSON.writeValueAsBytes(sealed));
        } catch (IOException e) {
            throw new IllegalStateException("cannot write a receipt", e);
        }
        return bytes.toByteArray();
    }

    private static Sealed read(byte[] text) {
        try (InflaterInputStream in = new InflaterInputStream(new ByteArrayInputStream(text))) {
            return JSON.readValue(in, Sealed.class);
        } catch (IOException e) {
            throw new IllegalStateException("a receipt with our own seal cannot be read", e);
        }
    }
}
