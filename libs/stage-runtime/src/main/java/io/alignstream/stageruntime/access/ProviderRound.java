package io.alignstream.stageruntime.access;

import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A browser's way to the OpenID Connect provider and back, which is one round: it ends signed in, or on the sign-in page, which
 * says why not and from where a person may begin another one.
 *
 * <p>Left to itself, the sign-in sends whoever comes back without its cookies, or too late, to the provider again, who still knows
 * them and sends them back: in a circle, for ever. And it fails without a page where the provider does not answer or refuses.
 */
final class ProviderRound {

    /** The provider, or the service's way to it, is out. */
    static final String UNREACHABLE = "provider_unreachable";

    /** Who came back is not who was sent: without cookies, too late, or with another answer than a sign-in has. */
    static final String INCOMPLETE = "sign_in_incomplete";

    private static final String ERROR = "error";
    /** Who comes back from the provider brings one of these. */
    private static final List<String> ANSWERS = List.of("state", "code", ERROR);
    /** Begins the names of the cookies in which the provider's sessions stand; a long one takes several. */
    private static final String SESSION = "q_session";

    private ProviderRound() {}

    /** Has {@code call}, a browser's for a page, end on the sign-in page if it would fail or go round once more. */
    static void end(RoutingContext call) {
        call.addHeadersEndHandler(ignored -> error(call).ifPresent(error -> sendToSignIn(call, error)));
    }

    private static Optional<String> error(RoutingContext call) {
        HttpServerRequest request = call.request();
        HttpServerResponse response = call.response();
        boolean round = Gate.PROVIDER.equals(request.path());
        boolean unknown = Identities.of(call).isEmpty();
        int status = response.getStatusCode();
        if (!round && (!unknown || request.getParam(ERROR) != null)) {
            return Optional.empty();
        }
        if (status >= 500) {
            return Optional.of(UNREACHABLE);
        }
        if (status >= 400) {
            return Optional.of(request.getParam(ERROR, INCOMPLETE));
        }
        boolean back = round && ANSWERS.stream().anyMatch(name -> request.getParam(name) != null);
        return back && leadsAway(request, response.headers().get(HttpHeaders.LOCATION))
                ? Optional.of(request.getParam(ERROR, INCOMPLETE))
                : Optional.empty();
    }

    private static boolean leadsAway(HttpServerRequest request, @Nullable String location) {
        if (location == null) {
            return false;
        }
        String to = URI.create(location).getAuthority();
        return to != null && !to.equalsIgnoreCase(String.valueOf(request.authority()));
    }

    private static void sendToSignIn(RoutingContext call, String error) {
        HttpServerResponse response = call.response();
        // A session that cannot be looked at would fail the sign-in page in its turn.
        call.request().cookies().stream()
                .map(Cookie::getName)
                .filter(name -> name.startsWith(SESSION))
                .distinct()
                .forEach(name -> response.addCookie(Cookie.cookie(name, "")
                        .setPath("/")
                        .setMaxAge(0)
                        .setHttpOnly(true)
                        .setSameSite(CookieSameSite.LAX)));
        String next = call.request().getParam("next", "/");
        response.setStatusCode(302)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .putHeader(
                        HttpHeaders.LOCATION,
                        Gate.SIGN_IN + "?error=" + Gate.encoded(error) + "&next=" + Gate.encoded(next));
    }
}
