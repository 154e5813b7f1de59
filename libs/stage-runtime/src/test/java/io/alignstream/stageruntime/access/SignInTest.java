package io.alignstream.stageruntime.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.AuditEntry;
import io.alignstream.contracts.access.AuditEntry.Mechanism;
import io.alignstream.contracts.access.AuditEntry.Outcome;
import io.alignstream.contracts.access.EndedSession;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.JobStatus;
import io.alignstream.stageruntime.testing.Chromium;
import io.alignstream.stageruntime.testing.ClosedService;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.PlainHttp;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
@TestProfile(ClosedService.class)
class SignInTest {

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String broker;

    @TestHTTPResource("/")
    URI address;

    @Inject
    JobControl control;

    @Inject
    Sessions sessions;

    private TopicProbe topics;
    private PlainHttp http;

    @BeforeEach
    void open() {
        topics = new TopicProbe(broker);
        http = new PlainHttp(address);
        await().until(() -> control.status().state() != JobStatus.State.STARTING);
    }

    @AfterEach
    void close() {
        topics.close();
    }

    private static Map<String, String> bearer(Role role) {
        return Map.of("Authorization", "Bearer " + ClosedService.key(role));
    }

    private PlainHttp.Answer signIn(String key, String next) {
        return http.send(
                "POST",
                "/sign-in",
                "key=" + URLEncoder.encode(key, StandardCharsets.UTF_8) + "&next="
                        + URLEncoder.encode(next, StandardCharsets.UTF_8),
                Map.of("Content-Type", "application/x-www-form-urlencoded"));
    }

    private String session(Role role) {
        String cookie =
                signIn(ClosedService.key(role), "/").header("Set-Cookie").orElseThrow();
        return cookie.substring(0, cookie.indexOf(';'));
    }

    private AuditEntry audited(String path) {
        await().until(() -> topics.events(Topic.AUDIT_LOG).stream()
                .anyMatch(entry -> entry.path().equals(path)));
        return topics.events(Topic.AUDIT_LOG).stream()
                .filter(entry -> entry.path().equals(path))
                .toList()
                .getLast();
    }

    @Test
    void aKeyBecomesASessionThatScriptsAndOtherSitesDoNotGet() {
        // When
        PlainHttp.Answer answer = signIn(ClosedService.key(Role.VIEWER), "/checkpoints?page=2");

        // Then
        assertThat(answer.status()).isEqualTo(303);
        assertThat(answer.header("Location")).get().asString().endsWith("/checkpoints?page=2");
        assertThat(answer.header("Set-Cookie"))
                .get()
                .asString()
                .startsWith(Sessions.COOKIE + "=")
                .contains("HttpOnly", "SameSite=Strict", "Max-Age=43200", "Path=/")
                .doesNotContain(ClosedService.key(Role.VIEWER));
    }

    @Test
    void whatSaysThatItIsAProxyIsNotBelievedUnlessTheSettingsSaySo() {
        // When
        PlainHttp.Answer answer = http.send(
                "POST",
                "/sign-in",
                "next=%2F&key=" + ClosedService.key(Role.VIEWER),
                Map.of("Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-Proto", "https"));

        // Then
        assertThat(answer.header("Set-Cookie")).get().asString().doesNotContain("Secure");
    }

    @Test
    void aSessionOpensPagesAndEndsWithTheSignOut() {
        // Given
        Map<String, String> cookie = Map.of("Cookie", session(Role.VIEWER), "Accept", "text/html");
        PlainHttp.Answer page = http.send("GET", "/", "", cookie);

        PlainHttp.Answer other = http.send("GET", "/job", "", Map.of("Cookie", session(Role.VIEWER)));

        // When
        PlainHttp.Answer out = http.send("POST", "/sign-out", "", cookie);

        // Then
        assertThat(other.status()).isEqualTo(200);
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.body()).contains("<span id=\"signed-in\">" + ClosedService.holder(Role.VIEWER));
        assertThat(page.header("Content-Security-Policy"))
                .get()
                .asString()
                .contains("base-uri 'none'", "form-action 'self'");
        assertThat(out.status()).isEqualTo(303);
        assertThat(out.header("Location")).get().asString().endsWith("/signed-out");
        assertThat(http.send("GET", "/signed-out", "", Map.of()).body())
                .contains("You have signed out", "href=\"/sign-in\"");
        assertThat(out.header("Set-Cookie"))
                .get()
                .asString()
                .startsWith(Sessions.COOKIE + "=;")
                .contains("Max-Age=0");
    }

    /** As somebody has it who has seen it pass by, here and at the other services. */
    @Test
    void aCopyOfASessionThatWasSignedOutOfOpensNothingAnywhere() {
        // Given
        Map<String, String> copy = Map.of("Cookie", session(Role.VIEWER));
        Map<String, String> other = Map.of("Cookie", session(Role.VIEWER));
        assertThat(http.send("GET", "/job", "", copy).status()).isEqualTo(200);
        EndedSessions elsewhere = new EndedSessions(null, Duration.ofHours(12), InstantSource.system(), 10);
        elsewhere.known();

        // When
        http.send("POST", "/sign-out", "", copy);

        // Then
        assertThat(http.send("GET", "/job", "", copy)).satisfies(answer -> {
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.body()).contains("refusal.noCredential");
        });
        assertThat(http.send("GET", "/", "", Map.of("Cookie", copy.get("Cookie"), "Accept", "text/html"))
                        .status())
                .isEqualTo(302);
        assertThat(http.send("GET", "/job", "", other).status()).isEqualTo(200);
        await().untilAsserted(() -> {
            topics.events(Topic.ENDED_SESSIONS).forEach(elsewhere::take);
            assertThat(elsewhere.isOver(whenEnded(copy))).isTrue();
        });
        assertThat(elsewhere.isOver(whenEnded(other))).isFalse();
        assertThat(topics.records(Topic.ENDED_SESSIONS.name()))
                .extracting(record -> new String(record.value(), StandardCharsets.UTF_8))
                .noneMatch(text -> text.contains(copy.get("Cookie").split("\\.")[1]));
    }

    private EndedSession whenEnded(Map<String, String> cookie) {
        String value = cookie.get("Cookie").substring(Sessions.COOKIE.length() + 1);
        return sessions.find(value, Instant.now()).orElseThrow().whenEnded();
    }

    @Test
    void aSessionMayNoMoreThanItsKey() {
        // When
        PlainHttp.Answer answer = http.send("POST", "/job/pause", "", Map.of("Cookie", session(Role.VIEWER)));

        // Then
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).contains("refusal.role", "operator");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example/",
                "//evil.example/",
                "/\\evil.example/",
                "evil",
                "",
                "/sign-in/provider",
                "/sign-out/provider",
                "/signed-out",
                "/\r\nSet-Cookie: a=b"
            })
    void theSignInLeadsToNoOtherHostAndInNoCircle(String next) {
        // When
        PlainHttp.Answer answer = signIn(ClosedService.key(Role.VIEWER), next);

        // Then
        assertThat(URI.create(answer.header("Location").orElseThrow()).getPath())
                .isEqualTo("/");
        assertThat(answer.header("Location")).get().asString().doesNotContain("evil");
    }

    @Test
    void whatAnAddressSaysWentWrongIsSaidInWordsOfOurs() {
        assertThat(http.send("GET", "/sign-in?error=access_denied", "", Map.of("Accept-Language", "zh"))
                        .body())
                .contains("拒绝了登录（access_denied）");
        assertThat(http.send("GET", "/sign-in?error=Call%20us%20at%200900", "", Map.of())
                        .body())
                .contains("did not come to its end")
                .doesNotContain("0900");
    }

    @Test
    void aWrongKeyIsToldInTheVisitorsLanguage() {
        // When
        PlainHttp.Answer answer = http.send(
                "POST",
                "/sign-in",
                "key=wrong&next=%2F",
                Map.of("Content-Type", "application/x-www-form-urlencoded", "Accept-Language", "zh"));

        // Then
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.body()).contains("此密钥在这里无人认识", "lang=\"zh\"");
        assertThat(answer.header("Set-Cookie")).isEmpty();
    }

    @Test
    void afterTooManyWrongTriesOfAKeyItIsNotLookedAtFromThatAddress() {
        // Given: another key that has worked from there
        PlainHttp there = http.from("127.0.0.9");
        there.send("GET", "/job", "", bearer(Role.VIEWER));
        Map<String, String> wrong = Map.of(
                "Authorization", "Bearer " + ClosedService.key(Role.ADMIN).replaceFirst(".{43}$", "A".repeat(43)));
        for (int tries = 0; tries < KeyTries.WRONG; tries++) {
            assertThat(there.send("GET", "/job", "", wrong).status()).isEqualTo(401);
        }

        // When
        PlainHttp.Answer answer = there.send("GET", "/job", "", bearer(Role.ADMIN));
        PlainHttp.Answer page = there.send(
                "POST",
                "/sign-in",
                "next=%2F&key=" + ClosedService.key(Role.ADMIN),
                Map.of("Content-Type", "application/x-www-form-urlencoded", "Accept-Language", "zh"));

        // Then
        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.header("Retry-After")).get().asString().matches("[1-9]|[1-5][0-9]|60");
        assertThat(answer.body()).contains("refusal.tooManyKeys");
        assertThat(page.status()).isEqualTo(429);
        assertThat(page.header("Retry-After")).isPresent();
        assertThat(page.header("Set-Cookie")).isEmpty();
        assertThat(page.body()).contains("此地址发来的错误 API 密钥过多");
        assertThat(there.send("GET", "/job", "", bearer(Role.VIEWER)).status()).isEqualTo(200);
        assertThat(http.send("GET", "/job", "", bearer(Role.ADMIN)).status()).isEqualTo(200);
    }

    @Test
    void whoAskedForWhatStandsInTheEventAndInTheAuditLog() {
        // Given
        String reason = "because " + UUID.randomUUID();

        // When
        PlainHttp.Answer answer =
                http.send("POST", "/job/resume", "{\"reason\": \"" + reason + "\"}", bearer(Role.OPERATOR));

        // Then
        assertThat(answer.status()).isEqualTo(202);
        await().untilAsserted(() -> assertThat(topics.events(Topic.STAGE_CONTROLS))
                .extracting(StageControl::asked)
                .contains(new StageControl.Asked(
                        StageControl.Action.RESUME, ClosedService.holder(Role.OPERATOR), reason)));
        AuditEntry entry = audited("/job/resume");
        assertThat(entry.who()).isEqualTo(ClosedService.holder(Role.OPERATOR));
        assertThat(entry.mechanism()).isEqualTo(Mechanism.KEY);
        assertThat(entry.key()).matches("[0-9a-f]{8}");
        assertThat(entry.from()).isEqualTo("127.0.0.1");
        assertThat(entry.outcome()).isEqualTo(Outcome.DONE);
        assertThat(entry.status()).isEqualTo(202);
    }

    @Test
    void theHolderOfAKeyMaySayTheNameOfTheKey() {
        // Given
        String reason = "because " + UUID.randomUUID();

        // When
        PlainHttp.Answer answer = http.send(
                "POST",
                "/job/resume",
                "{\"by\": \"" + ClosedService.named(Role.OPERATOR) + "\", \"reason\": \"" + reason + "\"}",
                bearer(Role.OPERATOR));

        // Then
        assertThat(answer.status()).isEqualTo(202);
        await().untilAsserted(() -> assertThat(topics.events(Topic.STAGE_CONTROLS))
                .extracting(StageControl::asked)
                .contains(new StageControl.Asked(
                        StageControl.Action.RESUME, ClosedService.holder(Role.OPERATOR), reason)));
    }

    @Test
    void nobodyActsUnderAnotherName() {
        // When
        PlainHttp.Answer answer =
                http.send("POST", "/job/resume", "{\"by\": \"somebody else\"}", bearer(Role.OPERATOR));

        // Then
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).contains("refusal.otherName");
    }

    @Test
    void whatIsRefusedStandsInTheAuditLogAndWhatIsReadDoesNot() {
        // Given
        String path = "/job/" + UUID.randomUUID();

        // When
        http.send("GET", path + "?key=" + ClosedService.key(Role.ADMIN), "", Map.of());
        http.send("GET", "/job/series", "", bearer(Role.VIEWER));
        http.send("POST", "/job/cancel", "", bearer(Role.VIEWER));

        // Then
        assertThat(audited(path)).satisfies(entry -> {
            assertThat(entry.who()).isNull();
            assertThat(entry.mechanism()).isEqualTo(Mechanism.NONE);
            assertThat(entry.outcome()).isEqualTo(Outcome.REFUSED);
        });
        assertThat(audited("/job/cancel").who()).isEqualTo(ClosedService.holder(Role.VIEWER));
        assertThat(topics.events(Topic.AUDIT_LOG))
                .noneMatch(entry -> entry.path().equals("/job/series") && entry.outcome() == Outcome.DONE);
        assertThat(topics.records(Topic.AUDIT_LOG.name()))
                .extracting(record -> new String(record.value(), StandardCharsets.UTF_8))
                .allMatch(text -> !text.contains(ClosedService.key(Role.ADMIN)));
    }

    @Test
    void aSignInStandsInTheAuditLogUnderItsName() {
        // When
        signIn(ClosedService.key(Role.REVIEWER), "/");

        // Then
        await().untilAsserted(() -> assertThat(topics.events(Topic.AUDIT_LOG))
                .anyMatch(entry -> entry.path().equals("/sign-in")
                        && ClosedService.holder(Role.REVIEWER).equals(entry.who())
                        && entry.outcome() == Outcome.DONE));
    }

    @Test
    void metricsAreGivenToAKeyUnderAnyName() {
        // When
        PlainHttp.Answer answer = http.send(
                "GET",
                "/q/metrics",
                "",
                Map.of("Host", "10.0.0.7:8080", "Authorization", "Bearer " + ClosedService.key(Role.VIEWER)));

        // Then
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).contains("alignstream_job_state");
    }

    /** By every address that the router takes for theirs. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/q/metrics",
                "/q/metrics/",
                "/q/metrics?x=/q/health",
                "//q/metrics",
                "/q//metrics",
                "/./q/metrics",
                "/x/../q/metrics",
                "/%71/metrics",
                "/q/%6Detrics"
            })
    void metricsAreForViewers(String path) {
        // When
        PlainHttp.Answer client = http.send("GET", path, "", bearer(Role.CLIENT));
        PlainHttp.Answer operator = http.send("GET", path, "", bearer(Role.OPERATOR));

        // Then
        assertThat(client.status()).isEqualTo(403);
        assertThat(client.body()).contains("refusal.role").doesNotContain("alignstream_job_state");
        assertThat(operator.status()).isIn(200, 404);
    }

    @Test
    void noKeyStandsInTheLog() {
        // Given
        ConcurrentLinkedQueue<String> said = new ConcurrentLinkedQueue<>();
        Handler listener = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                said.add(entry.getMessage()
                        + List.of(entry.getParameters() == null ? new Object[0] : entry.getParameters()));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger root = Logger.getLogger("");
        root.addHandler(listener);

        // When
        try {
            for (Role role : Role.values()) {
                http.send("GET", "/job", "", bearer(role));
                http.send("GET", "/?key=" + ClosedService.key(role), "", Map.of());
                signIn(ClosedService.key(role), "/");
                http.send("GET", "/job", "", Map.of("Cookie", session(role)));
            }
            http.send("POST", "/job/resume", "{broken", bearer(Role.ADMIN));
            http.send("GET", "/job", "", Map.of("Authorization", "Bearer " + ClosedService.key(Role.ADMIN) + "x"));
        } finally {
            root.removeHandler(listener);
        }

        // Then
        assertThat(said).noneMatch(line -> line.contains("alignstream_"));
    }

    @Test
    void aPersonSignsInWithABrowserAndOutAgain() throws IOException {
        // Given
        try (Chromium browser = Chromium.start()) {
            browser.open(address.toString());
            assertThat(browser.value("location.pathname").asText()).isEqualTo("/sign-in");

            // When
            browser.value("document.getElementById('key').value = '" + ClosedService.key(Role.OPERATOR) + "'");
            browser.value("document.querySelector('form').requestSubmit()");

            // Then
            browser.await("document.getElementById('signed-in')?.textContent === '"
                    + ClosedService.holder(Role.OPERATOR) + "'");
            browser.await("document.getElementById('state')?.dataset.state === 'waiting'");
            assertThat(browser.value("document.cookie").asText()).doesNotContain(Sessions.COOKIE);
            browser.value("document.querySelector('.visitor form').requestSubmit()");
            browser.await("location.pathname === '/signed-out'");
        }
    }
}
