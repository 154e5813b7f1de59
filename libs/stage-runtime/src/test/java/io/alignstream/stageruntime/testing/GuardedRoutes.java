package io.alignstream.stageruntime.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.access.Role;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What every service promises: each of its routes, as they stand in the running service, declares who may call it and refuses
 * all others. A service's own test extends this with the profile {@link ClosedService}.
 */
public abstract class GuardedRoutes {

    private static final Set<String> OPEN = Set.of("/sign-in", "/signed-out");
    /** For whoever is signed in. */
    private static final Set<String> OF_ALL =
            Set.of("/sign-in", "/sign-in/provider", "/sign-out", "/signed-out", "/alignstream/messages/x");

    /**
     * A route.
     *
     * @param roles that it declares; null if it declares nothing, empty if every signed-in caller may
     * @param java what answers it; null if that is no resource
     */
    private record Route(String method, String path, @Nullable Set<String> roles, boolean page, @Nullable Method java) {

        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    private final PlainHttp http = new PlainHttp(URI.create(
            ConfigProvider.getConfig().getValue("test.url", String.class).replace("localhost", "127.0.0.1")));

    @Test
    void everyRouteDeclaresWhoMayCallIt() {
        assertThat(declared()).allSatisfy(route -> {
            assertThat(route.roles()).as(route + " declares roles").isNotNull();
            assertThat(route.roles().isEmpty())
                    .as(route + " is for everybody")
                    .isEqualTo(OF_ALL.contains(route.path()));
            assertThat(Role.all()).as(route.toString()).containsAll(route.roles());
        });
        assertThat(declared()).hasSizeGreaterThan(10);
    }

    @Test
    void withoutACredentialNothingIsAnswered() {
        for (Route route : all()) {
            // When
            PlainHttp.Answer answer = http.send(route.method(), route.path(), "", Map.of());

            // Then
            assertThat(answer.status()).as(route.toString()).isEqualTo(401);
            assertThat(answer.body()).as(route.toString()).contains("refusal.noCredential");
            assertThat(answer.header("WWW-Authenticate")).as(route.toString()).contains("Bearer");
        }
    }

    @Test
    void aBrowserWithoutACredentialIsSentToTheSignIn() {
        for (Route route : all().stream().filter(Route::page).toList()) {
            // When
            PlainHttp.Answer answer =
                    http.send("GET", route.path(), "", Map.of("Accept", "text/html,application/xhtml+xml"));

            // Then
            assertThat(answer.status()).as(route.toString()).isEqualTo(302);
            assertThat(answer.header("Location"))
                    .as(route.toString())
                    .get()
                    .asString()
                    .startsWith("/sign-in?next=%2F");
        }
    }

    @Test
    void aMadeUpKeyOpensNothing() {
        // Given
        String wrong = ClosedService.key(Role.ADMIN).replaceFirst(".$", "") + "_";
        int caller = 0;
        for (Route route : all()) {
            // When: each time somebody else, as after some tries nobody looks any more
            PlainHttp.Answer answer = http.from("127.1.0." + (1 + caller++ % 250))
                    .send(route.method(), route.path(), "", Map.of("Authorization", "Bearer " + wrong));

            // Then
            assertThat(answer.status()).as(route.toString()).isEqualTo(401);
            assertThat(answer.body()).as(route.toString()).contains("refusal.wrongKey");
        }
    }

    @Test
    void theWrongRoleIsRefused() {
        for (Route route : declared()) {
            Optional<Role> wrong = Arrays.stream(Role.values())
                    .filter(role -> !route.roles().isEmpty() && Collections.disjoint(role.ids(), route.roles()))
                    .findFirst();
            if (wrong.isPresent()) {
                // When
                PlainHttp.Answer answer = http.send(
                        route.method(),
                        route.path(),
                        "",
                        Map.of("Authorization", "Bearer " + ClosedService.key(wrong.get())));

                // Then
                assertThat(answer.status()).as(route + " by " + wrong).isEqualTo(403);
                assertThat(answer.body()).as(route.toString()).contains("refusal.role");
            }
        }
    }

    @Test
    void anotherHostAndAnotherOriginAreRefused() {
        String admin = "Bearer " + ClosedService.key(Role.ADMIN);
        for (Route route : all()) {
            // When
            PlainHttp.Answer host = http.send(route.method(), route.path(), "", Map.of("Host", "evil.example:80"));
            PlainHttp.Answer origin = http.send(
                    route.method(), route.path(), "", Map.of("Authorization", admin, "Origin", "https://evil.example"));

            // Then
            assertThat(host.status()).as(route.toString()).isEqualTo(403);
            assertThat(host.body()).as(route.toString()).contains("refusal.otherHost");
            assertThat(origin.status()).as(route.toString()).isEqualTo(403);
            assertThat(origin.body()).as(route.toString()).contains("refusal.otherOrigin");
        }
    }

    /** {@code -Dfuzz.bodies=100000 -Dfuzz.seed=2} for longer. */
    @Test
    void whateverABodyHoldsIsTakenOrRefusedInOurWords() {
        String admin = "Bearer " + ClosedService.key(Role.ADMIN);
        for (Route route : declared()) {
            if (route.method().equals("POST") && !OPEN.contains(route.path())) {
                FuzzedBodies.send(
                        route.java(), Long.getLong("fuzz.seed", 1), Integer.getInteger("fuzz.bodies", 30), body -> {
                            // When
                            PlainHttp.Answer answer = http.send(
                                    "POST",
                                    route.path(),
                                    body,
                                    Map.of("Authorization", admin, "Content-Type", MediaType.APPLICATION_JSON));

                            // Then
                            assertThat(answer.status()).as(route + " " + body).isNotEqualTo(500);
                            if (answer.status() >= 400) {
                                assertThat(answer.body()).as(route + " " + body).startsWith("{\"error\":{\"");
                            }
                        });
            }
        }
        // A pause outlives the service; other tests use the same broker.
        assertThat(http.send("POST", "/job/resume", "", Map.of("Authorization", admin))
                        .status())
                .isLessThan(300);
    }

    @Test
    void healthIsAnsweredToAnybodyAndItsDetailsToViewers() {
        for (String path : List.of("/q/health", "/q/health/live", "/q/health/ready", "/q/health/started")) {
            for (Map<String, String> nobody : List.of(
                    Map.of("Host", "10.0.0.7:8080"),
                    Map.of("Authorization", "Bearer " + ClosedService.key(Role.CLIENT)))) {
                // When
                PlainHttp.Answer answer = http.send("GET", path, "", nobody);

                // Then
                assertThat(answer.status()).as(path).isIn(200, 503);
                assertThat(answer.body())
                        .as(path)
                        .isEqualTo("{\"status\":\"" + (answer.status() == 200 ? "UP" : "DOWN") + "\"}");
            }

            // When
            PlainHttp.Answer viewer =
                    http.send("GET", path, "", Map.of("Authorization", "Bearer " + ClosedService.key(Role.VIEWER)));

            // Then
            assertThat(viewer.body()).as(path).contains("\"checks\"", "\"name\"");
        }
    }

    /** Every route that needs a credential, and two that are there for no reason but the file that they name. */
    private static List<Route> all() {
        Set<Route> routes = new HashSet<>(declared());
        routes.addAll(ofRouter());
        routes.add(new Route("GET", "/alignstream/api.js", Set.of(), false, null));
        routes.add(new Route("GET", "/no/such/file", Set.of(), false, null));
        routes.removeIf(route -> OPEN.contains(route.path()));
        return List.copyOf(routes);
    }

    /** The routes of the resources that the service has as beans. */
    private static List<Route> declared() {
        return CDI.current().getBeanManager().getBeans(Object.class, Any.Literal.INSTANCE).stream()
                .map(bean -> bean.getBeanClass())
                .distinct()
                .filter(type -> type.isAnnotationPresent(Path.class))
                .flatMap(GuardedRoutes::routes)
                .toList();
    }

    private static Stream<Route> routes(Class<?> resource) {
        List<Route> routes = new ArrayList<>();
        for (Method method : resource.getDeclaredMethods()) {
            verb(method)
                    .ifPresent(verb ->
                            routes.add(new Route(verb, path(resource, method), roles(method), page(method), method)));
        }
        return routes.stream();
    }

    private static Optional<String> verb(Method method) {
        return Arrays.stream(method.getAnnotations())
                .map(Annotation::annotationType)
                .map(type -> type.getAnnotation(jakarta.ws.rs.HttpMethod.class))
                .filter(found -> found != null)
                .map(jakarta.ws.rs.HttpMethod::value)
                .findFirst();
    }

    private static String path(Class<?> resource, Method method) {
        Path own = method.getAnnotation(Path.class);
        String whole = "/" + resource.getAnnotation(Path.class).value() + "/" + (own == null ? "" : own.value());
        String filled = whole.replaceAll("\\{[^}]*}", "x").replaceAll("/+", "/");
        return filled.length() > 1 && filled.endsWith("/") ? filled.substring(0, filled.length() - 1) : filled;
    }

    private static @Nullable Set<String> roles(Method method) {
        RolesAllowed roles = method.getAnnotation(RolesAllowed.class);
        if (roles != null) {
            return Set.of(roles.value());
        }
        boolean all = method.isAnnotationPresent(PermitAll.class)
                || method.getDeclaringClass().isAnnotationPresent(PermitAll.class);
        return all ? Set.of() : null;
    }

    private static boolean page(Method method) {
        Produces produces = method.getAnnotation(Produces.class);
        return produces != null
                && List.of(produces.value()).contains(MediaType.TEXT_HTML)
                && method.isAnnotationPresent(jakarta.ws.rs.GET.class);
    }

    /** What is no resource: metrics, and what extensions bring. */
    private static List<Route> ofRouter() {
        Router router = CDI.current().select(Router.class).get();
        return router.getRoutes().stream()
                .filter(route -> route.getPath() != null
                        && route.getPath().length() > 1
                        && !route.getPath().startsWith("/q/health"))
                .flatMap(route -> {
                    Set<HttpMethod> methods = route.methods();
                    return (methods == null || methods.isEmpty() ? Set.of(HttpMethod.GET) : methods)
                            .stream()
                                    .map(method -> new Route(
                                            method.name(),
                                            route.getPath()
                                                    .replaceAll("/?\\*$", "")
                                                    .replaceAll(":\\w+", "x"),
                                            Set.of(),
                                            false,
                                            null));
                })
                .filter(route -> route.path().length() > 1)
                .toList();
    }
}
