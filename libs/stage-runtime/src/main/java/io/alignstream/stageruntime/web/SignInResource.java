package io.alignstream.stageruntime.web;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.access.AccessConfig;
import io.alignstream.stageruntime.access.AuditLog;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.access.Gate;
import io.alignstream.stageruntime.access.KeyRing;
import io.alignstream.stageruntime.access.KeyTries;
import io.alignstream.stageruntime.access.Sessions;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.NewCookie;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where people sign in, with an API key or at an OpenID Connect provider, and out. */
@Path("/")
@PermitAll
public class SignInResource {

    private static final String HOME = "/";
    /** An error as OpenID Connect knows them by name; whatever else stands in an address is nobody's to show. */
    private static final String ERROR = "[a-z_]{1,40}";
    /**
     * A path of this service, and no way around that: two slashes begin the name of another host. None by which people sign in or
     * out, as it would lead in a circle.
     */
    private static final String OWN = "/(?![/\\\\]|sign-in|sign-out|signed-out)[\\x21-\\x7e&&[^\\\\]]*";

    private final KeyRing keys;
    private final KeyTries tries;
    private final Sessions sessions;
    private final Caller caller;
    private final boolean provider;
    private final Template page;
    private final Template signedOut;

    SignInResource(
            KeyRing keys,
            KeyTries tries,
            Sessions sessions,
            Caller caller,
            AccessConfig config,
            @Location("sign-in.html") Template page,
            @Location("signed-out.html") Template signedOut) {
        this.keys = keys;
        this.tries = tries;
        this.sessions = sessions;
        this.caller = caller;
        this.provider = config.oidc();
        this.page = page;
        this.signedOut = signedOut;
    }

    /** The page, with the {@code error} that the way to the provider has ended with; who signs in is sent to {@code next}. */
    @GET
    @Path(Gate.SIGN_IN)
    @Produces(MediaType.TEXT_HTML)
    public Response page(
            @QueryParam("next") @Nullable String next,
            @QueryParam("error") @Nullable String error,
            @BeanParam Visitor visitor) {
        return shown(visitor, next, error == null ? null : why(error, visitor.messages()));
    }

    /** Where signing out ends: nothing leads on from here but the visitor's own step. */
    @GET
    @Path(Gate.SIGNED_OUT)
    @Produces(MediaType.TEXT_HTML)
    public Response signedOut(@BeanParam Visitor visitor) {
        return visitor.page(signedOut
                .data("signIn", Gate.SIGN_IN)
                .data("here", Gate.SIGNED_OUT)
                .data("hereAlone", caller.isSignedOutHereAlone())
                .data("providerOut", Gate.PROVIDER_OUT));
    }

    private static String why(String error, Messages messages) {
        return switch (error) {
            case "provider_unreachable" -> messages.text("signIn.unreachable");
            case String refused
            when refused.matches(ERROR) && !refused.equals("sign_in_incomplete") ->
                messages.text(Reason.of("signIn.refused").with("error", refused));
            default -> messages.text("signIn.incomplete");
        };
    }

    /** Exchanges a key for a session of this browser. */
    @POST
    @Path(Gate.SIGN_IN)
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Produces(MediaType.TEXT_HTML)
    public Response signIn(
            @FormParam("key") @Nullable String presented,
            @FormParam("next") @Nullable String next,
            @BeanParam Visitor visitor,
            @Context RoutingContext call) {
        KeyTries.Outcome tried = tries.find(presented == null ? "" : presented.strip(), call.request());
        if (tried.tooMany()) {
            return Response.fromResponse(shown(visitor, next, visitor.messages().text(Gate.tooMany(tried))))
                    .status(Response.Status.TOO_MANY_REQUESTS)
                    .header(HttpHeaders.RETRY_AFTER, tried.retryAfter())
                    .build();
        }
        Optional<ApiKey> key = tried.key();
        if (key.isEmpty()) {
            return Response.fromResponse(shown(visitor, next, visitor.messages().text("signIn.wrong")))
                    .status(Response.Status.UNAUTHORIZED)
                    .build();
        }
        AuditLog.signedIn(call, key.get().actor(), key.get().id());
        return seeOther(own(next))
                .cookie(cookie(call)
                        .value(sessions.begin(key.get(), Instant.now()))
                        .maxAge((int) sessions.lasting().toSeconds())
                        .build())
                .build();
    }

    /** Behind the provider's sign-in: the gate has sent the browser there and let it in here. */
    @GET
    @Path(Gate.PROVIDER)
    public Response fromProvider(@QueryParam("next") @Nullable String next) {
        return seeOther(own(next)).build();
    }

    /** Ends the session of this browser, and whatever copies of it there are. */
    @POST
    @Path("/sign-out")
    public Response signOut(@Context RoutingContext call) {
        caller.signOut();
        return seeOther(Gate.SIGNED_OUT)
                .cookie(cookie(call).value("").maxAge(0).build())
                .build();
    }

    private Response shown(Visitor visitor, @Nullable String next, @Nullable String wrong) {
        return visitor.page(page.data("next", own(next))
                .data("nextEncoded", URLEncoder.encode(own(next), StandardCharsets.UTF_8))
                .data("wrong", wrong)
                .data("keys", keys.isUsed())
                .data("provider", provider)
                .data("hereAlone", caller.isSignedOutHereAlone())
                .data("providerOut", Gate.PROVIDER_OUT)
                .data("providerPath", Gate.PROVIDER));
    }

    private static NewCookie.Builder cookie(RoutingContext call) {
        return new NewCookie.Builder(Sessions.COOKIE)
                .path("/")
                .httpOnly(true)
                .sameSite(NewCookie.SameSite.STRICT)
                .secure("https".equalsIgnoreCase(call.request().scheme()));
    }

    private static Response.ResponseBuilder seeOther(String path) {
        return Response.seeOther(URI.create(path)).header(HttpHeaders.CACHE_CONTROL, "no-store");
    }

    private static String own(@Nullable String next) {
        if (next == null || !next.matches(OWN)) {
            return HOME;
        }
        try {
            return URI.create(next).toString();
        } catch (IllegalArgumentException e) {
            return HOME;
        }
    }
}
