package io.alignstream.inference;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.ModelRelease;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The last release that was served, in a file: {@code model-releases} is compacted, so after a rejected candidate the
 * topic alone no longer says what was approved before it.
 */
@ApplicationScoped
public class LastServed {

    private static final Logger LOG = Logger.getLogger(LastServed.class);

    private final Path file;
    private final ObjectMapper json;

    LastServed(InferenceConfig config, ObjectMapper json) {
        this.file = config.stateFolder().resolve("release.json");
        this.json = json;
    }

    /** The remembered release of {@code model}; empty if there is none or the file cannot be read. */
    Optional<ModelRelease> of(String model) {
        try {
            if (Files.exists(file)) {
                ModelRelease release = json.readValue(Files.readAllBytes(file), ModelRelease.class);
                return Optional.of(release)
                        .filter(remembered -> remembered.model().equals(model));
            }
        } catch (IOException e) {
            LOG.warnf("%s is unreadable and left out: %s", file, e.getMessage());
        }
        return Optional.empty();
    }

    /** Remembers {@code release}; on a failure the log says so and serving goes on. */
    void remember(ModelRelease release) {
        try {
            Files.createDirectories(file.getParent());
            Path draft = Files.createTempFile(file.getParent(), "release", ".tmp");
            Files.write(draft, json.writeValueAsBytes(release));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.warnf("The served release is not remembered in %s: %s", file, e.getMessage());
        }
    }

    void forget() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warnf("%s stays although its model is withdrawn: %s", file, e.getMessage());
        }
    }
}
