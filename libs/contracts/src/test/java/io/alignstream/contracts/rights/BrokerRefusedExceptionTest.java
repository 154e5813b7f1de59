package io.alignstream.contracts.rights;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BrokerRefusedExceptionTest {

    private static final Map<String, Object> TOKENIZER = as("\"tokenizer-service\"");

    private static Map<String, Object> as(String user) {
        return Map.of("sasl.jaas.config", "a.LoginModule required username=" + user + " password=\"a-secret\";");
    }

    @Test
    void namesUserTopicAndTheRightThatWasAttempted() {
        // Given
        Throwable failure = new ExecutionException(new TopicAuthorizationException(Set.of("prompts")));

        // When
        Optional<BrokerRefusedException> refusal = BrokerRefusedException.in(failure, TOKENIZER, AclOperation.READ);

        // Then
        assertThat(refusal).hasValueSatisfying(found -> assertThat(found)
                .hasMessageStartingWith("Kafka refuses user tokenizer-service the right Read on topic prompts: ")
                .hasMessageNotContaining("a-secret"));
    }

    @Test
    void namesTheRightsThatTheUserNeedsIfItIsNotKnownWhatWasAttempted() {
        // Given
        Throwable failure =
                new KafkaException(new TopicAuthorizationException(Set.of("alignstream-clean-by-band-repartition")));

        // When
        Optional<BrokerRefusedException> refusal = BrokerRefusedException.in(failure, TOKENIZER);

        // Then
        assertThat(refusal).hasValueSatisfying(found -> assertThat(found)
                .hasMessageContaining("the right Read, Write, Create, Delete on topic alignstream-clean-by-band"));
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of(
                        GroupAuthorizationException.forGroupId("alignstream-clean"),
                        "consumer group alignstream-clean"),
                Arguments.of(
                        new TransactionalIdAuthorizationException("Transactional Id authorization failed."),
                        "transactional id alignstream-clean-, alignstream-pack-"),
                Arguments.of(new ClusterAuthorizationException("Cluster authorization failed."), "the cluster"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void namesEveryKindOfResource(AuthorizationException failure, String resource) {
        // When
        Optional<BrokerRefusedException> refusal = BrokerRefusedException.in(failure, TOKENIZER);

        // Then
        assertThat(refusal).hasValueSatisfying(found -> assertThat(found).hasMessageContaining(" on " + resource));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sasl.jaas.config | a.LoginModule required username='x y' password=z; | user x y",
                "sasl.jaas.config | a.LoginModule required password=z username=x;     | user x",
                "ssl.keystore.location | /a/store.p12                                 | the user of this certificate",
                "bootstrap.servers | localhost:1                                      | a client that names no user"
            })
    void knowsWhoItIs(String setting, String value, String who) {
        // Given
        SslAuthenticationException failure =
                new SslAuthenticationException("SSL handshake failed", new IllegalStateException("no such authority"));

        // When
        Optional<BrokerRefusedException> refusal = BrokerRefusedException.in(failure, Map.of(setting, value));

        // Then
        assertThat(refusal).hasValueSatisfying(found -> assertThat(found)
                .hasMessageStartingWith("Kafka does not let " + who + " in: SSL handshake failed: no such authority."));
    }

    @Test
    void whatPassesIsNoRefusal() {
        // Given
        Throwable failure = new KafkaException(new TimeoutException("no answer"));

        // When
        Optional<BrokerRefusedException> refusal = BrokerRefusedException.in(failure, TOKENIZER);

        // Then
        assertThat(refusal).isEmpty();
    }
}
