package io.alignstream.stageruntime;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/**
 * What the instances of a service know and nobody else: random bytes beside the checkpoints, in the store that all of them
 * use; thread-safe, asks the store each time.
 *
 * <p>The first instance makes the secret. Two that start at the same moment make one each: whoever checks something accepts
 * either.
 */
public final class SharedSecrets {

    /** Length of a secret. */
    public static final int BYTES = 32;

    private static final String NAME = "secret";

    private final CheckpointStore store;
    private final Stage stage;

    /** Those of the service of {@code stage} that are called {@code name}, in a folder of their own. */
    public SharedSecrets(CheckpointStore store, Stage stage, String name) {
        this.store = store.below(name);
        this.stage = stage;
    }

    /** The secrets, one as a rule, in the same order for every instance; makes one if there is none. */
    public List<byte[]> all() throws IOException {
        List<byte[]> known = stored();
        if (known.isEmpty()) {
            byte[] secret = new byte[BYTES];
            new SecureRandom().nextBytes(secret);
            store.save(
                    Manifest.draft(stage, NAME, 0).withComplete(true),
                    folder -> Files.write(folder.resolve(NAME), secret));
            known = stored();
        }
        return known;
    }

    private List<byte[]> stored() throws IOException {
        List<byte[]> stored = new ArrayList<>();
        for (StoredCheckpoint kept : store.list(stage, NAME)) {
            stored.add(Files.readAllBytes(kept.folder().resolve(NAME)));
        }
        return List.copyOf(stored);
    }
}
