package io.alignstream.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.KeyFile;
import io.alignstream.stageruntime.testing.Chromium;
import java.io.File;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A packaged service as somebody starts it by hand, closed, with API keys and a real identity provider: who comes in, and who does
 * not. There is no broker: who comes in does not depend on one.
 */
class SignInIT {

    private static final Stage STAGE = Stage.RLHF;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    static Path folder;

    private static final ApiKey.Fresh KEY = ApiKey.create(IdentityProvider.ANN, List.of("viewer"), Instant.now());
    private static URI address;
    private static Path log;
    private static IdentityProvider provider;
    private static Process service;

    @BeforeAll
    static void start() throws Exception {
        int port = TestSites.freePort();
        address = URI.create("http://127.0.0.1:" + port + "/");
        provider = IdentityProvider.start(address, folder.resolve("keycloak.log"));
        Path keys = folder.resolve("keys.json");
        new KeyFile(List.of(KEY.kept())).write(keys);
        log = folder.resolve("service.log");
        service = start(port, provider.issuer(), keys, log);
    }

    private static Process start(int port, URI issuer, Path keys, Path log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        TestSites.installation().java().toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dai.djl.offline=true",
                        "-Dquarkus.http.port=" + port,
                        "-Dkafka.bootstrap.servers=127.0.0.1:1",
                        "-Dalignstream.store.root=" + folder.resolve("store").toUri(),
                        "-Dalignstream.access.keys=" + keys,
                        "-Dalignstream.access.oidc=true",
                        "-Dquarkus.oidc.auth-server-url=" + issuer,
                        "-Dquarkus.oidc.client-id=" + IdentityProvider.CLIENT,
                        "-Dquarkus.oidc.token.audience=" + IdentityProvider.CLIENT,
                        "-jar",
                        TestSites.installation().serviceJar(STAGE).toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        // Not on the command line, where everybody on the machine reads it.
        builder.environment().put("QUARKUS_OIDC_CREDENTIALS_SECRET", IdentityProvider.CLIENT_SECRET);
        Process started = builder.start();
        URI live = URI.create("http://127.0.0.1:" + port + "/q/health/live");
        await().atMost(Duration.ofMinutes(3))
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> {
                    assertThat(started.isAlive()).as(Files.readString(log)).isTrue();
                    return asBrowser(live, null).statusCode() > 0;
                });
        return started;
    }

    /** What a browser is answered that goes to a page, without following where it is sent. */
    private static HttpResponse<String> asBrowser(URI page, String cookies) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(page).header("Accept", "text/html").timeout(Duration.ofSeconds(30));
        if (cookies != null) {
            request.header("Cookie", cookies);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @AfterAll
    static void stop() throws InterruptedException {
        if (service != null) {
            end(service);
        }
        if (provider != null) {
            provider.close();
        }
    }

    private static void end(Process one) throws InterruptedException {
        one.destroy();
        if (!one.waitFor(30, TimeUnit.SECONDS)) {
            one.destroyForcibly();
        }
    }

    private static HttpResponse<String> get(String token, String path) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(address.resolve(path)).timeout(Duration.ofSeconds(30));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static int status(String token, String path) throws IOException, InterruptedException {
        return get(token, path).statusCode();
    }

    @Test
    void aJarStartedByHandListensToThisMachineOnly() throws IOException {
        // Given
        Optional<InetAddress> other = Collections.list(NetworkInterface.getNetworkInterfaces()).stream()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(one -> one instanceof Inet4Address && !one.isLoopbackAddress())
                .findFirst();

        // When // Then
        other.ifPresent(one -> assertThatThrownBy(() -> new Socket(one, address.getPort()).close())
                .isInstanceOf(ConnectException.class));
        new Socket("127.0.0.1", address.getPort()).close();
    }

    @Test
    void aTokenWithTheRoleComesInAndOneWithoutDoesNot() throws Exception {
        assertThat(status(provider.token(IdentityProvider.CLIENT, IdentityProvider.ANN), "job"))
                .isEqualTo(200);
        assertThat(status(provider.token(IdentityProvider.CLIENT, IdentityProvider.EVE), "job"))
                .isEqualTo(403);
        assertThat(status(null, "job")).isEqualTo(401);
    }

    @Test
    void aForgedTokenDoesNotComeIn() throws Exception {
        // Given
        String eves = provider.token(IdentityProvider.CLIENT, IdentityProvider.EVE);
        String[] parts = eves.split("\\.");
        String claims = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
        String better = encoded(claims.replaceFirst("}\\s*$", ",\"realm_access\":{\"roles\":[\"viewer\"]}}"));
        assertThat(better).isNotEqualTo(parts[1]);

        // When
        int forged = status(parts[0] + "." + better + "." + parts[2], "job");
        int unsigned = status(encoded("{\"alg\":\"none\",\"typ\":\"JWT\"}") + "." + better + ".", "job");

        // Then
        assertThat(forged).isEqualTo(401);
        assertThat(unsigned).isEqualTo(401);
        assertThat(status("nonsense", "job")).isEqualTo(401);
    }

    private static String encoded(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aTokenForSomebodyElseDoesNotComeIn() throws Exception {
        assertThat(status(provider.token(IdentityProvider.OTHER_CLIENT, IdentityProvider.ANN), "job"))
                .isEqualTo(401);
    }

    @Test
    void aTokenEnds() throws Exception {
        // Given
        String brief = provider.token(IdentityProvider.BRIEF_CLIENT, IdentityProvider.ANN);

        // When // Then
        await().atMost(Duration.ofMinutes(1)).until(() -> status(brief, "job") == 401);
    }

    @Test
    void anApiKeyComesInBesideTheProvider() throws Exception {
        assertThat(status(KEY.text(), "job")).isEqualTo(200);
        assertThat(get(KEY.text().replaceFirst(".$", "-"), "job"))
                .satisfies(refused -> assertThat(refused.statusCode()).isEqualTo(401))
                .satisfies(refused -> assertThat(refused.body()).contains("refusal.wrongKey"));
    }

    @Test
    void whatABrowserKeepsOnItsWayToTheProviderIsForLinksOfOtherSitesAndForNoFormsOfTheirs() throws Exception {
        // When
        HttpResponse<String> away = get(null, "sign-in/provider");

        // Then
        assertThat(away.statusCode()).isEqualTo(302);
        assertThat(away.headers().allValues("Set-Cookie")).isNotEmpty().allSatisfy(cookie -> assertThat(cookie)
                .containsIgnoringCase("HttpOnly")
                .contains("SameSite=Lax"));
    }

    @Test
    void theLauncherComesInWithAKeyFromItsEnvironmentOrAFile() throws Exception {
        // Given
        Path file = Files.writeString(folder.resolve("key"), KEY.text() + "\n");

        // When
        String without = launcher(Map.of());
        String withKey = launcher(Map.of("ALIGNSTREAM_KEY", KEY.text()));
        String withFile = launcher(Map.of("ALIGNSTREAM_KEY_FILE", file.toString()));

        // Then
        assertThat(without).contains("answered 401", "ALIGNSTREAM_KEY", "exit 1");
        assertThat(withKey).contains("no candidate has come to the gate yet", "exit 0");
        assertThat(withFile).isEqualTo(withKey);
    }

    /** What {@code ./alignstream release list} says. */
    private static String launcher(Map<String, String> environment) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        TestSites.installation().java().toString(),
                        "-Dalignstream.home=" + TestSites.installation().home(),
                        "-cp",
                        TestSites.installation().launcherClassPath().stream()
                                .map(Path::toString)
                                .collect(Collectors.joining(File.pathSeparator)),
                        Alignstream.class.getName(),
                        "release",
                        "list",
                        "--data-dir",
                        folder.resolve("site").toString(),
                        "--port-base",
                        Integer.toString(address.getPort() - STAGE.portOffset()))
                .redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("ALIGNSTREAM_KEY"));
        builder.environment().putAll(environment);
        Process launcher = builder.start();
        String said = new String(launcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return said + "exit " + launcher.waitFor();
    }

    @Test
    void aPersonSignsInAtTheProviderAndOutAgain() throws Exception {
        // Given
        try (Chromium browser = Chromium.start()) {
            browser.open(address.resolve("/checkpoints?language=en") + "");
            browser.open(address.toString());
            assertThat(browser.value("location.pathname").asText()).isEqualTo("/sign-in");

            // When
            signIn(browser);

            // Then
            assertThat(browser.value("location.pathname").asText()).isEqualTo("/");
            assertThat(browser.value("fetch('/job').then(answer => answer.status)")
                            .asInt())
                    .isEqualTo(200);
            assertThat(browser.value("fetch('/job/pause', {method: 'POST'}).then(answer => answer.status)")
                            .asInt())
                    .isEqualTo(403);
            String copy = browser.cookies();
            assertThat(copied(copy)).isEqualTo(200);
            browser.value("document.querySelector('.visitor a').click()");
            browser.await("document.getElementById('signed-out') !== null");
            assertThat(browser.value("location.pathname").asText()).isEqualTo("/signed-out");
            assertThat(copied(copy)).isEqualTo(401);

            // When: once more, as from another window
            browser.open(address.resolve("/sign-out/provider").toString());

            // Then
            assertThat(browser.value("location.pathname").asText()).isEqualTo("/signed-out");
            browser.value("document.querySelector('a.step').click()");
            browser.await("document.querySelector('.provider') !== null");
            assertThat(browser.value("location.pathname").asText()).isEqualTo("/sign-in");
            signIn(browser);
        }
    }

    private static void signIn(Chromium browser) throws IOException {
        browser.value("document.querySelector('.provider').click()");
        browser.await("document.getElementById('password') !== null");
        browser.value("document.getElementById('username').value = '" + IdentityProvider.ANN + "'");
        browser.value("document.getElementById('password').value = '" + IdentityProvider.PASSWORD + "'");
        browser.value("document.getElementById('kc-form-login').requestSubmit()");
        browser.await("document.getElementById('signed-in')?.textContent === '" + IdentityProvider.ANN + "'");
    }

    /** As when the provider could not be reached while somebody signed out: it sends them back with the session that is over. */
    @Test
    void whomTheProviderHoldsAfterTheSignOutIsAskedToSignOutThereAndGoesInNoCircle() throws Exception {
        // Given
        try (Chromium browser = Chromium.start()) {
            browser.open(address.resolve("/?language=en").toString());
            signIn(browser);
            browser.value("fetch('/sign-out/provider', {redirect: 'manual'}).then(answer => answer.type)");
            browser.open(address.toString());
            assertThat(browser.value("location.pathname").asText()).isEqualTo("/sign-in");
            assertThat(browser.value("document.getElementById('here-alone') === null")
                            .asBoolean())
                    .isTrue();

            // When
            browser.value("document.querySelector('.provider').click()");
            browser.await("document.getElementById('here-alone') !== null");

            // Then
            assertThat(browser.value("location.pathname").asText()).isEqualTo("/sign-in");
            browser.open(address.resolve("/sign-in/provider").toString());
            assertThat(browser.value("location.pathname").asText()).isEqualTo("/sign-in");
            browser.value("document.querySelector('.provider').click()");
            browser.await("document.getElementById('signed-out') !== null");
            browser.value("document.querySelector('a.step').click()");
            browser.await("document.querySelector('.provider') !== null");
            signIn(browser);
        }
    }

    @Test
    void whoComesBackFromTheProviderWithoutASignInIsToldWhyAndNotSentThereAgain() throws Exception {
        // Given
        HttpResponse<String> away = asBrowser(address.resolve("/sign-in/provider"), null);
        String cookie = away.headers().firstValue("Set-Cookie").orElseThrow().split(";")[0];
        String state = away.headers()
                .firstValue("Location")
                .orElseThrow()
                .replaceFirst(".*[?&]state=", "")
                .replaceFirst("&.*", "");

        // When
        HttpResponse<String> withoutCookies =
                asBrowser(address.resolve("/sign-in/provider?code=x&state=" + state), null);
        HttpResponse<String> withACodeOfNobody =
                asBrowser(address.resolve("/sign-in/provider?code=x&state=" + state), cookie);
        HttpResponse<String> refused =
                asBrowser(address.resolve("/sign-in/provider?error=access_denied&state=" + state), cookie);

        // Then
        assertThat(told(withoutCookies)).contains("The sign-in did not come to its end");
        assertThat(told(withACodeOfNobody)).contains("The sign-in did not come to its end");
        assertThat(told(refused)).contains("has refused (access_denied)");
    }

    /** The page to which a browser is sent, which must be the sign-in page of this service. */
    private static String told(HttpResponse<String> sent) throws IOException, InterruptedException {
        assertThat(sent.statusCode()).isEqualTo(302);
        URI to = sent.uri().resolve(sent.headers().firstValue("Location").orElseThrow());
        assertThat(to.getAuthority()).isEqualTo(sent.uri().getAuthority());
        assertThat(to.getPath()).isEqualTo("/sign-in");
        HttpResponse<String> page = asBrowser(to, null);
        assertThat(page.statusCode()).isEqualTo(200);
        return page.body();
    }

    @Test
    void whereTheProviderIsOutPagesSayItAndKeysWork() throws Exception {
        // Given
        int port = TestSites.freePort();
        URI there = URI.create("http://127.0.0.1:" + port + "/");
        URI dead = URI.create("http://127.0.0.1:" + TestSites.freePort() + "/realms/alignstream");
        Process lonely = start(port, dead, folder.resolve("keys.json"), folder.resolve("lonely.log"));
        try {
            // When
            HttpResponse<String> away = asBrowser(there.resolve("/sign-in/provider?next=%2Fcheckpoints"), null);
            HttpResponse<String> held = asBrowser(there.resolve("/checkpoints"), "q_session=of-before");
            HttpResponse<String> heldAtTheSignIn = asBrowser(there.resolve("/sign-in"), "q_session=of-before");

            // Then
            assertThat(told(away)).contains("does not answer at the moment", "name=\"next\" value=\"/checkpoints\"");
            assertThat(told(held)).contains("does not answer at the moment");
            assertThat(held.headers().allValues("Set-Cookie"))
                    .anyMatch(cookie -> cookie.startsWith("q_session=;") && cookie.contains("Max-Age=0"));
            assertThat(told(heldAtTheSignIn)).contains("does not answer at the moment");
            assertThat(HTTP.send(
                                    HttpRequest.newBuilder(there.resolve("/job"))
                                            .header("Authorization", "Bearer " + KEY.text())
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
        } finally {
            end(lonely);
        }
    }

    /** What somebody is answered who brings a copy of a browser's cookies. */
    private static int copied(String cookies) throws IOException, InterruptedException {
        return HTTP.send(
                        HttpRequest.newBuilder(address.resolve("job"))
                                .header("Cookie", cookies)
                                .timeout(Duration.ofSeconds(30))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    @Test
    void aKeyThatIsCalledAsAPersonIsNotTakenForThePerson() throws Exception {
        // When
        String key = pause(KEY.text());
        String person = pause(provider.token(IdentityProvider.CLIENT, IdentityProvider.ANN));

        // Then
        assertThat(key).contains("\"key:" + IdentityProvider.ANN + "\"");
        assertThat(person).contains("\"" + IdentityProvider.ANN + "\"");
    }

    /** How somebody is refused who has not the role. */
    private static String pause(String token) throws IOException, InterruptedException {
        HttpResponse<String> refused = HTTP.send(
                HttpRequest.newBuilder(address.resolve("job/pause"))
                        .header("Authorization", "Bearer " + token)
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .timeout(Duration.ofSeconds(30))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(403);
        return refused.body();
    }

    @Test
    void nothingSecretStandsInTheLogOrOnTheCommandLine() throws Exception {
        // Given
        String token = provider.token(IdentityProvider.CLIENT, IdentityProvider.ANN);

        // When
        status(token, "job");
        status(KEY.text(), "job");
        status(token + "x", "job?access_token=" + token);
        status(null, "job?key=" + KEY.text());

        // Then
        assertThat(Files.readString(log))
                .contains("Installed features")
                .doesNotContain(token, KEY.text(), IdentityProvider.CLIENT_SECRET, IdentityProvider.PASSWORD);
        assertThat(service.info().commandLine().orElse("")).doesNotContain(IdentityProvider.CLIENT_SECRET);
    }
}
