package io.alignstream.stageruntime.web;

import io.alignstream.contracts.messages.Reason;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;
import java.net.URI;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refuses changes that a page of another origin asks for in a visitor's browser (cross-site request forgery).
 *
 * <p>Browsers name the origin of each such request; programs like curl name none and pass.
 */
@Provider
@PreMatching
public class SameOrigin implements ContainerRequestFilter {

    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");

    @Override
    public void filter(ContainerRequestContext request) {
        if (SAFE.contains(request.getMethod())) {
            return;
        }
        String origin = request.getHeaderString("Origin");
        String host = request.getHeaderString(HttpHeaders.HOST);
        if (origin != null && !sameHost(origin, host)) {
            refuse(
                    request,
                    Reason.of("refusal.otherOrigin").with("origin", origin).with("host", String.valueOf(host)));
        } else if (origin == null && "cross-site".equals(request.getHeaderString("Sec-Fetch-Site"))) {
            refuse(request, Reason.of("refusal.otherSite"));
        }
    }

    private static boolean sameHost(String origin, @Nullable String host) {
        try {
            return host != null && host.equalsIgnoreCase(URI.create(origin).getAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static void refuse(ContainerRequestContext request, Reason reason) {
        request.abortWith(Refusal.of(Response.Status.FORBIDDEN, reason));
    }
}
