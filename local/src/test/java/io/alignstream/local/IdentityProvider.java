package io.alignstream.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Keycloak as a process of its own, which Maven unpacks before the integration tests: a realm with one confidential client of ours,
 * one of somebody else, and two people, of whom one has roles.
 */
final class IdentityProvider implements AutoCloseable {

    static final String CLIENT = "alignstream";
    /** Its tokens are for us, and over after a second. */
    static final String BRIEF_CLIENT = "brief";
    /** Its tokens are for somebody else. */
    static final String OTHER_CLIENT = "other";

    /** Who has the roles viewer and annotator. */
    static final String ANN = "ann";
    /** Who has none of ours. */
    static final String EVE = "eve";

    static final String PASSWORD = "a password for tests";
    static final String CLIENT_SECRET = "a secret of a client in a test, long enough for a key of AES";

    private static final Duration PATIENCE = Duration.ofMinutes(8);
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final URI realm;

    private IdentityProvider(Process process, URI realm) {
        this.process = process;
        this.realm = realm;
    }

    /**
     * Starts it.
     *
     * @param service address to which browsers are sent back
     * @param log where its output goes
     */
    static IdentityProvider start(URI service, Path log) throws IOException, InterruptedException {
        Path home = unpacked();
        Path imported = Files.createDirectories(home.resolve("data/import")).resolve("alignstream-realm.json");
        Files.writeString(imported, realm(service).toString());
        int port = TestSites.freePort();
        ProcessBuilder builder = new ProcessBuilder(
                        "sh",
                        home.resolve("bin/kc.sh").toString(),
                        "start-dev",
                        "--import-realm",
                        "--db=dev-mem",
                        "--http-host=127.0.0.1",
                        "--http-port=" + port)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx512m");
        IdentityProvider provider =
                new IdentityProvider(builder.start(), URI.create("http://127.0.0.1:" + port + "/realms/alignstream"));
        provider.awaitAnswer(log);
        return provider;
    }

    private static Path unpacked() throws IOException {
        try (Stream<Path> folders = Files.list(Path.of("target/keycloak"))) {
            return folders.filter(folder -> Files.isRegularFile(folder.resolve("bin/kc.sh")))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("target/keycloak holds no Keycloak; mvnw verify unpacks it"))
                    .toAbsolutePath();
        }
    }

    private void awaitAnswer(Path log) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end && process.isAlive()) {
            try {
                if (get(realm + "/.well-known/openid-configuration").statusCode() == 200) {
                    return;
                }
            } catch (IOException e) {
                Thread.sleep(500); // it does not listen yet
            }
        }
        close();
        throw new AssertionError("Keycloak does not answer:\n" + Files.readString(log));
    }

    private static HttpResponse<String> get(String address) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(address))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** The address that tokens name as their issuer. */
    URI issuer() {
        return realm;
    }

    /** A token for {@code user}, as a program gets it. */
    String token(String client, String user) throws IOException, InterruptedException {
        String form = Map.of(
                        "grant_type", "password",
                        "client_id", client,
                        "client_secret", CLIENT_SECRET,
                        "username", user,
                        "password", PASSWORD)
                .entrySet()
                .stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        HttpResponse<String> response = HTTP.send(
                HttpRequest.newBuilder(URI.create(realm + "/protocol/openid-connect/token"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(form))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        JsonNode token = JSON.readTree(response.body()).path("access_token");
        if (!token.isTextual()) {
            throw new AssertionError("Keycloak gives no token: " + response.body());
        }
        return token.asText();
    }

    private static ObjectNode realm(URI service) {
        ObjectNode realm = JSON.createObjectNode()
                .put("realm", "alignstream")
                .put("enabled", true)
                .put("sslRequired", "none");
        ArrayNode roles = realm.putObject("roles").putArray("realm");
        List.of("viewer", "annotator").forEach(role -> roles.addObject().put("name", role));
        ArrayNode users = realm.putArray("users");
        user(users, ANN, "viewer", "annotator");
        user(users, EVE);
        ArrayNode clients = realm.putArray("clients");
        ObjectNode own = client(clients, CLIENT, true);
        own.put("standardFlowEnabled", true).putArray("redirectUris").add(service.resolve("/sign-in/provider") + "");
        own.putObject("attributes").put("post.logout.redirect.uris", service.resolve("/signed-out") + "");
        client(clients, BRIEF_CLIENT, true).putObject("attributes").put("access.token.lifespan", "1");
        client(clients, OTHER_CLIENT, false);
        return realm;
    }

    private static void user(ArrayNode users, String name, String... roles) {
        ObjectNode user = users.addObject()
                .put("username", name)
                .put("enabled", true)
                .put("email", name + "@example.org")
                .put("emailVerified", true)
                .put("firstName", name)
                .put("lastName", name);
        user.putArray("credentials").addObject().put("type", "password").put("value", PASSWORD);
        ArrayNode given = user.putArray("realmRoles");
        Stream.of(roles).forEach(given::add);
    }

    private static ObjectNode client(ArrayNode clients, String id, boolean forUs) {
        ObjectNode client = clients.addObject()
                .put("clientId", id)
                .put("enabled", true)
                .put("secret", CLIENT_SECRET)
                .put("directAccessGrantsEnabled", true)
                .put("fullScopeAllowed", true);
        ArrayNode mappers = client.putArray("protocolMappers");
        if (forUs) {
            ObjectNode mapper = mappers.addObject()
                    .put("name", "audience")
                    .put("protocol", "openid-connect")
                    .put("protocolMapper", "oidc-audience-mapper");
            mapper.putObject("config").put("included.custom.audience", CLIENT).put("access.token.claim", "true");
        }
        return client;
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
