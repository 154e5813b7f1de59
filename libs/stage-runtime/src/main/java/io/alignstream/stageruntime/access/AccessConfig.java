package io.alignstream.stageruntime.access;

import io.alignstream.stageruntime.settings.Consistent;
import io.alignstream.stageruntime.settings.Lasting;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Who may come in, {@code alignstream.access.*}. */
@ConfigMapping(prefix = "alignstream.access")
@Consistent("requireOneKindOfTrust")
public interface AccessConfig {

    /**
     * Whether who calls from this very machine may do everything without a sign-in: for a laptop, as {@code ./alignstream} starts the
     * services.
     */
    @WithDefault("false")
    boolean local();

    /** Names that a request may be addressed to, besides localhost, 127.0.0.1 and [::1]; without ports. */
    Optional<List<String>> hosts();

    /** The file of API keys that {@code ./alignstream key} writes; beside it lies the session-secret. */
    Optional<Path> keys();

    /**
     * Whether people and programs may sign in at an OpenID Connect provider, which quarkus.oidc.auth-server-url, client-id and
     * credentials.secret name.
     */
    @WithDefault("false")
    boolean oidc();

    /** How long a browser that signed in with an API key stays signed in. */
    @WithDefault("PT12H")
    @Lasting(least = "PT1M", greatest = "PT720H")
    Duration session();

    /** Fails if everybody at this machine is trusted and yet a provider is to say who they are. */
    default boolean requireOneKindOfTrust() {
        if (local() && oidc()) {
            throw new IllegalArgumentException("alignstream.access.oidc is true but alignstream.access.local, too:"
                    + " who may do everything without a sign-in is never asked for one; set one of them to false");
        }
        return true;
    }
}
