package io.alignstream.stageruntime.testing;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.KeyFile;
import io.alignstream.contracts.access.Role;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A service as in production: nobody comes in without a credential. There is an API key for each role. */
public class ClosedService implements QuarkusTestProfile {

    /** Survives the class loaders of test profiles, which static fields would not. */
    private static final String KEY = "test.access.key.";

    private static final String FILE = "test.access.file";

    @Override
    public Map<String, String> getConfigOverrides() {
        Map<String, String> settings = new HashMap<>(FreshStore.settings());
        settings.put("alignstream.access.local", "false");
        settings.put("alignstream.access.keys", file().toString());
        // So that a test sees what the router has.
        settings.put("quarkus.arc.unremovable-types", "io.vertx.ext.web.Router");
        return settings;
    }

    /** The key of the holder of {@code role} alone; the holder's name is {@link #holder}. */
    public static String key(Role role) {
        return System.getProperty(KEY + role.id());
    }

    /** The name under which the holder of {@code role} acts. */
    public static String holder(Role role) {
        return ApiKey.ACTOR + named(role);
    }

    /** What the key of the holder of {@code role} is called. */
    public static String named(Role role) {
        return "the-" + role.id();
    }

    /** The file of the keys. */
    public static synchronized Path file() {
        String made = System.getProperty(FILE);
        if (made != null) {
            return Path.of(made);
        }
        try {
            Path file = Files.createTempDirectory("access").resolve("keys.json");
            KeyFile keys = new KeyFile(List.of());
            for (Role role : Role.values()) {
                ApiKey.Fresh fresh = ApiKey.create(named(role), List.of(role.id()), Instant.now());
                System.setProperty(KEY + role.id(), fresh.text());
                keys = keys.with(fresh.kept());
            }
            keys.write(file);
            System.setProperty(FILE, file.toString());
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException("no keys for the test", e);
        }
    }
}
