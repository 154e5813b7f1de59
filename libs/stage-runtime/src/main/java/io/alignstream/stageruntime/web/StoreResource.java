package io.alignstream.stageruntime.web;

import io.alignstream.contracts.access.Role;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.stageruntime.retention.StoreRetention;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** How full the store is. */
@Path("store")
@Singleton
public class StoreResource {

    private final StoreRetention retention;

    StoreResource(StoreRetention retention) {
        this.retention = retention;
    }

    /**
     * How full the store is.
     *
     * @param used bytes that it holds
     * @param quota most bytes that it may hold; null for no bound
     * @param freed bytes that this service has deleted since its start, since nobody needed them
     * @param shown the same as people read them
     */
    public record Store(long used, @Nullable Long quota, long freed, Shown shown) {}

    /** Numbers of bytes as people read them. */
    public record Shown(String used, @Nullable String quota, String freed) {}

    /** What all services hold together. */
    @GET
    @Produces(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.Id.VIEWER)
    public Store store() throws IOException {
        StoreRetention.Usage usage = retention.usage();
        boolean bounded = usage.quota() != Capacity.UNBOUNDED;
        return new Store(
                usage.used(),
                bounded ? usage.quota() : null,
                usage.freed(),
                new Shown(
                        Capacity.text(usage.used()),
                        bounded ? Capacity.text(usage.quota()) : null,
                        Capacity.text(usage.freed())));
    }
}
