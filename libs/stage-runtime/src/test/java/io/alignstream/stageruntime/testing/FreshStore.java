package io.alignstream.stageruntime.testing;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** A store of checkpoints with its cache for one test profile, below the module's {@code target}. */
public final class FreshStore {

    private FreshStore() {}

    /** Settings that name a folder which no other profile has; a profile adds its own. */
    public static Map<String, String> settings() {
        Path folder = Path.of("target", "store-" + UUID.randomUUID()).toAbsolutePath();
        Map<String, String> settings = new HashMap<>();
        settings.put("alignstream.store.root", folder.resolve("store").toUri().toString());
        settings.put("alignstream.store.cache", folder.resolve("cache").toString());
        return settings;
    }
}
