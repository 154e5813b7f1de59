package io.alignstream.stageruntime.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.access.AuditEntry.Mechanism;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticator;
import io.smallrye.health.SmallRyeHealth;
import io.smallrye.health.SmallRyeHealthReporter;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * What every request passes, whatever it asks for, before and after it is known who calls.
 *
 * <p>Before: it must be addressed to this service by one of its names, else a page of another site that lets its own name point
 * to this machine could read what a browser here may read (DNS rebinding); and it must not come from a page of another origin.
 * After: it must be known who calls. Health is answered to anybody, since a kubelet holds no credential, but to them whether
 * the service is well and nothing else.
 */
@Singleton
public class Gate {

    /** The page where people sign in. */
    public static final String SIGN_IN = "/sign-in";

    /** Where a browser is sent to the OpenID Connect provider, and comes back to. */
    public static final String PROVIDER = "/sign-in/provider";

    /** The page on which whoever signed out ends. */
    public static final String SIGNED_OUT = "/signed-out";

    /** Where whoever signed in at the provider signs out, there, too. */
    public static final String PROVIDER_OUT = "/sign-out/provider";

    /** What each address asks. */
    private static final Map<String, Function<SmallRyeHealthReporter, Uni<SmallRyeHealth>>> HEALTH = Map.of(
            "/q/health", SmallRyeHealthReporter::getHealthAsync,
            "/q/health/live", SmallRyeHealthReporter::getLivenessAsync,
            "/q/health/ready", SmallRyeHealthReporter::getReadinessAsync,
            "/q/health/started", SmallRyeHealthReporter::getStartupAsync);

    private static final String METRICS = "/q/metrics";
    /** Routes of others, who declare no roles, lie here and below. */
    private static final String OF_OTHERS = "/q";

    private static final Set<String> ALWAYS = Set.of("localhost", "127.0.0.1", "[::1]", "::1");
    private static final Set<HttpMethod> SAFE = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

    /** Before cross-origin resource sharing, which Quarkus does at 300. */
    private static final int FIRST = 400;
    /** Between authentication at 200 and authorization at 100. */
    private static final int KNOWN = 140;

    private final AccessConfig config;
    private final AuditLog audit;
    private final EndedSessions ended;
    private final SmallRyeHealthReporter health;
    private final ObjectMapper json;
    private final Set<String> hosts;
    private final Set<String> origins;
    private final Duration patience;

    Gate(
            AccessConfig config,
            AuditLog audit,
            EndedSessions ended,
            SmallRyeHealthReporter health,
            ObjectMapper json,
            @ConfigProperty(name = "quarkus.http.cors.enabled", defaultValue = "false") boolean sharing,
            @ConfigProperty(name = "quarkus.http.cors.origins") Optional<List<String>> origins,
            @ConfigProperty(name = "quarkus.http.read-timeout", defaultValue = "60s") Duration patience) {
        this.patience = patience;
        this.config = config;
        this.audit = audit;
        this.ended = ended;
        this.health = health;
        this.json = json;
        this.hosts = new HashSet<>(ALWAYS);
        config.hosts().ifPresent(names -> names.forEach(name -> hosts.add(plain(name))));
        this.origins = sharing ? Set.copyOf(origins.orElse(List.of())) : Set.of();
    }

    void register(@Observes Filters filters) {
        filters.register(this::first, FIRST);
        filters.register(this::known, KNOWN);
    }

    private void first(RoutingContext call) {
        audit.follow(call);
        expect(call);
        HttpServerRequest request = call.request();
        boolean exempt = HEALTH.containsKey(request.path())
                // Prometheus asks pods by their addresses, and no page of another site has a key.
                || (METRICS.equals(request.path()) && request.headers().contains(HttpHeaders.AUTHORIZATION));
        Optional<Reason> fault = exempt ? Optional.empty() : otherHost(request).or(() -> otherOrigin(request));
        if (fault.isPresent()) {
            refuse(call, 403, fault.get());
        } else {
            if (config.oidc() && isPage(request)) {
                ProviderRound.end(call);
            }
            call.next();
        }
    }

    /**
     * Ends a request that is not here whole in time. Quarkus waits so long for each part of it: who sends byte after byte would
     * hold a place among the calls for ever.
     */
    private void expect(RoutingContext call) {
        HttpServerRequest request = call.request();
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (request.headers().contains(HttpHeaders.TRANSFER_ENCODING) || (length != null && !length.equals("0"))) {
            long timer = call.vertx().setTimer(patience.toMillis(), late -> {
                if (!request.isEnded()) {
                    call.response().reset();
                }
            });
            call.addEndHandler(ended -> call.vertx().cancelTimer(timer));
        }
    }

    private Optional<Reason> otherHost(HttpServerRequest request) {
        HostAndPort authority = request.authority();
        String host = authority == null ? "" : authority.host();
        return hosts.contains(plain(host))
                ? Optional.empty()
                : Optional.of(Reason.of("refusal.otherHost").with("host", host));
    }

    private static String plain(String host) {
        String lower = host.strip().toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /** Browsers name the origin of each request that could do harm; programs like curl name none and pass. */
    private Optional<Reason> otherOrigin(HttpServerRequest request) {
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        String host = request.authority() == null ? "" : request.authority().toString();
        if (origin != null && !origins.contains(origin) && !host.equalsIgnoreCase(authority(origin))) {
            return Optional.of(
                    Reason.of("refusal.otherOrigin").with("origin", origin).with("host", host));
        }
        // A link from elsewhere may lead here, but to no sign-out; a picture or a form of another site may not even
        // ask.
        boolean link = SAFE.contains(request.method())
                && !PROVIDER_OUT.equals(request.path())
                && "navigate".equals(request.getHeader("Sec-Fetch-Mode"));
        return origin == null && !link && "cross-site".equals(request.getHeader("Sec-Fetch-Site"))
                ? Optional.of(Reason.of("refusal.otherSite"))
                : Optional.empty();
    }

    private static String authority(String origin) {
        try {
            return String.valueOf(URI.create(origin).getAuthority());
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private void known(RoutingContext call) {
        Optional<SecurityIdentity> identity = Identities.of(call);
        String path = call.request().path();
        Optional<SecurityIdentity> known = identity.filter(Identities::isKnown).filter(one -> !ended.hold(one));
        Optional<Reason> fault = known.flatMap(one -> ofOthers(call, one));
        Function<SmallRyeHealthReporter, Uni<SmallRyeHealth>> asked = HEALTH.get(path);
        if (asked != null && (known.isEmpty() || fault.isPresent())) {
            tellHealth(call, asked);
        } else if (fault.isPresent()) {
            refuse(call, 403, fault.get());
        } else if (known.isPresent() || SIGN_IN.equals(path) || SIGNED_OUT.equals(path)) {
            call.next();
        } else if (PROVIDER_OUT.equals(path)) {
            // Signed out already, maybe in another window: to sign in only to be signed out would be no use.
            sendTo(call, SIGNED_OUT);
        } else if (PROVIDER.equals(path)
                && config.oidc()
                && identity.filter(ended::hold).isEmpty()) {
            // Whose session was ended here holds it at the provider still, which would send them back with the same
            // one.
            HttpAuthenticator authenticator = call.get(HttpAuthenticator.class.getName());
            authenticator.sendChallenge(call).subscribe().with(sent -> end(call), call::fail);
        } else if (isPage(call.request())) {
            audit.refused(call);
            String next = PROVIDER.equals(path)
                    ? call.request().getParam("next", "/")
                    : call.request().uri();
            sendTo(call, SIGN_IN + "?next=" + encoded(next));
        } else if (call.get(KeyMechanism.TOO_MANY) instanceof KeyTries.Outcome tried) {
            call.response().putHeader("Retry-After", Long.toString(tried.retryAfter()));
            refuse(call, 429, tooMany(tried));
        } else {
            call.response().putHeader("WWW-Authenticate", "Bearer");
            refuse(
                    call,
                    401,
                    Reason.of(call.get(KeyMechanism.WRONG_KEY) == null ? "refusal.noCredential" : "refusal.wrongKey"));
        }
    }

    /** Whether the service is well, and not a word of what is wrong: that is for who may see how it does. */
    private static void say(RoutingContext call, SmallRyeHealth health) {
        call.response()
                .setStatusCode(health.isDown() ? 503 : 200)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .end("{\"status\":\"" + health.getStatus() + "\"}");
    }

    private void tellHealth(RoutingContext call, Function<SmallRyeHealthReporter, Uni<SmallRyeHealth>> asked) {
        Context context = call.vertx().getOrCreateContext();
        asked.apply(health)
                .subscribe()
                .with(
                        answer -> context.runOnContext(here -> say(call, answer)),
                        failure -> context.runOnContext(here -> call.fail(failure)));
    }

    /**
     * Why {@code known} may not see what lies below {@value #OF_OTHERS}, by whatever address the router finds it: it takes a slash
     * at the end, two in a row and encoded letters for the same.
     */
    private Optional<Reason> ofOthers(RoutingContext call, SecurityIdentity known) {
        String path = call.normalizedPath();
        if (!path.equals(OF_OTHERS) && !path.startsWith(OF_OTHERS + "/")) {
            return Optional.empty();
        }
        if (!known.hasRole(Role.Id.VIEWER)) {
            return Optional.of(Reason.of("refusal.role")
                    .with("name", String.valueOf(Identities.name(known)))
                    .with("role", Role.Id.VIEWER));
        }
        // Whoever sits here shows no key of ours, so what let the request in under any name was none.
        return Identities.mechanism(known) == Mechanism.LOCAL ? otherHost(call.request()) : Optional.empty();
    }

    /** Why a key was not looked at. */
    public static Reason tooMany(KeyTries.Outcome tried) {
        return Reason.of("refusal.tooManyKeys").with("seconds", tried.retryAfter());
    }

    private static void end(RoutingContext call) {
        if (!call.response().ended()) {
            call.response().end();
        }
    }

    private static void sendTo(RoutingContext call, String address) {
        call.response()
                .setStatusCode(302)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .putHeader(HttpHeaders.LOCATION, address)
                .end();
    }

    static String encoded(String address) {
        return URLEncoder.encode(address, StandardCharsets.UTF_8);
    }

    /** Whether a person's browser goes to a page, and no script or program asks. */
    private static boolean isPage(HttpServerRequest request) {
        String accepted = request.getHeader(HttpHeaders.ACCEPT);
        String mode = request.getHeader("Sec-Fetch-Mode");
        return request.method().equals(HttpMethod.GET)
                && !request.headers().contains(HttpHeaders.AUTHORIZATION)
                && accepted != null
                && Arrays.stream(accepted.split(","))
                        .anyMatch(type -> type.strip().startsWith("text/html"))
                && (mode == null || mode.equals("navigate"));
    }

    private void refuse(RoutingContext call, int status, Reason reason) {
        audit.refused(call);
        try {
            call.response()
                    .setStatusCode(status)
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                    .end(json.writeValueAsString(body(reason)));
        } catch (JsonProcessingException e) {
            call.fail(e);
        }
    }

    /** The JSON of a refused call: a reason as of any service, which clients of the OpenAI API understand, too. */
    public static Map<String, Object> body(Reason reason) {
        String text = Messages.english(reason);
        Map<String, @Nullable Object> error = new LinkedHashMap<>();
        error.put("code", reason.code());
        error.put("arguments", reason.arguments());
        error.put("text", text);
        error.put("message", text);
        error.put("type", "invalid_request_error");
        error.put("param", null);
        return Map.of("error", error);
    }
}
