package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.Role;
import io.alignstream.stageruntime.testing.ClosedService;
import io.alignstream.stageruntime.testing.GuardedRoutes;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.PlainHttp;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
@TestProfile(ClosedService.class)
class RewardRoutesTest extends GuardedRoutes {

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String broker;

    @TestHTTPResource("/")
    URI address;

    private PlainHttp.Answer call(String method, String path, String body) {
        return new PlainHttp(address)
                .send(
                        method,
                        path,
                        body,
                        Map.of(
                                "Authorization",
                                "Bearer " + ClosedService.key(Role.ANNOTATOR),
                                "Content-Type",
                                "application/json"));
    }

    @Test
    void whoIsSignedInRanksUnderThatNameAndNoOther() {
        try (TopicProbe topics = new TopicProbe(broker)) {
            // Given
            String request = "request-" + UUID.randomUUID();
            topics.publish(
                    Topic.RANKING_REQUESTS,
                    new RankingRequest(
                            request, List.of(Message.user("Which is longer?")), List.of("a", "bb"), null, Map.of()));
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> call("GET", "/ranking-requests/next", "").status() == 200);
            String order = "{\"requestId\": \"" + request + "\", \"order\": [[1], [0]]";

            // When
            PlainHttp.Answer other = call("POST", "/rankings", order + ", \"annotator\": \"somebody else\"}");
            PlainHttp.Answer own = call("POST", "/rankings", order + "}");

            // Then
            assertThat(other.status()).isEqualTo(403);
            assertThat(other.body()).contains("refusal.otherName");
            assertThat(own.status()).as(own.body()).isEqualTo(201);
            assertThat(topics.events(Topic.RANKINGS))
                    .filteredOn(ranking -> ranking.requestId().equals(request))
                    .extracting(Ranking::annotator)
                    .containsExactly(ClosedService.holder(Role.ANNOTATOR));
        }
    }
}
