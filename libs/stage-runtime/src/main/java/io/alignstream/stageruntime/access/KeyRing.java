package io.alignstream.stageruntime.access;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.KeyFile;
import io.alignstream.contracts.check.InvalidInputException;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The API keys as their file holds them now: it is looked at with every question, so a key that is revoked there opens
 * nothing from then on. Thread-safe.
 *
 * <p>A service does not start with a file that is none. A file that becomes one later opens nothing until it is mended: a
 * half-written list must not bring a revoked key back.
 */
@ApplicationScoped
public class KeyRing {

    private static final Logger LOG = Logger.getLogger(KeyRing.class);
    private static final KeyFile NONE = new KeyFile(List.of());

    private final Optional<Path> file;
    private final AccessConfig config;
    private volatile @Nullable Read newest;

    KeyRing(AccessConfig config) {
        this.config = config;
        this.file = config.keys();
    }

    /** By what is seen that a file is another one: Kubernetes turns a link, the launcher renames. */
    private record Version(FileTime modified, long size, @Nullable Object fileKey) {

        static Version of(Path file) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
        }
    }

    /** A null version is a file that cannot be looked at. */
    private record Read(@Nullable Version version, KeyFile keys, String sessionSecret) {}

    void check(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE + 10) StartupEvent event) {
        if (file.isEmpty()) {
            if (!config.local() && !config.oidc()) {
                LOG.warn("Nobody can sign in: set alignstream.access.keys to a file that ./alignstream key create has"
                        + " written, or alignstream.access.oidc to true");
            }
            return;
        }
        try {
            newest = new Read(Version.of(file.get()), KeyFile.read(file.get()), KeyFile.sessionSecret(file.get()));
        } catch (IOException | InvalidInputException e) {
            throw new ConfigurationException("alignstream.access.keys is " + file.get() + " but must be a file that"
                    + " ./alignstream key create has written: " + e.getMessage());
        }
    }

    /** Whether a key opens anything here at all. */
    public boolean isUsed() {
        return file.isPresent();
    }

    /** The key that {@code presented} is. */
    public Optional<ApiKey> find(String presented) {
        return read().keys().find(presented);
    }

    /** The key called {@code id}, unless it is revoked. */
    public Optional<ApiKey> valid(String id) {
        return read().keys().valid(id);
    }

    /** What cookies are signed with; empty where there are none. */
    String sessionSecret() {
        return read().sessionSecret();
    }

    private Read read() {
        if (file.isEmpty()) {
            return new Read(null, NONE, "");
        }
        Version version;
        try {
            version = Version.of(file.get());
        } catch (IOException e) {
            version = null;
        }
        Read known = newest;
        if (known != null && version != null && version.equals(known.version())) {
            return known;
        }
        return again(version, file.get());
    }

    private synchronized Read again(@Nullable Version version, Path path) {
        Read known = newest;
        if (known != null && Objects.equals(known.version(), version)) {
            return known;
        }
        Read fresh;
        try {
            fresh = new Read(version, KeyFile.read(path), KeyFile.sessionSecret(path));
            LOG.infof("Read %d API keys", fresh.keys().keys().size());
        } catch (InvalidInputException e) {
            LOG.errorf("No API key opens anything until this is mended: %s", e.getMessage());
            fresh = new Read(version, NONE, "");
        }
        newest = fresh;
        return fresh;
    }
}
