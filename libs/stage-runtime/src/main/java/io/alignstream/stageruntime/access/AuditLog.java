package io.alignstream.stageruntime.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.AuditEntry;
import io.alignstream.contracts.access.AuditEntry.Mechanism;
import io.alignstream.contracts.access.AuditEntry.Outcome;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.metrics.Meters;
import io.micrometer.core.instrument.Counter;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.Identifier;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes the topic {@code audit-log}: an entry for each request that was refused or may have changed something. Thread-safe.
 *
 * <p>Nothing waits for it: it has a producer and a thread of its own, so a broker that does not answer holds up neither requests nor
 * other events. An entry that does not reach the topic stands in the service's own log, whole, and is counted.
 */
@ApplicationScoped
public class AuditLog {

    private static final Logger LOG = Logger.getLogger(AuditLog.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String REFUSED = AuditLog.class.getName() + ".refused";
    private static final String LEFT_OUT = AuditLog.class.getName() + ".leftOut";
    private static final String SIGNED_IN = AuditLog.class.getName() + ".signedIn";
    private static final Set<HttpMethod> SAFE = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

    /** Links by which sessions begin and end. */
    private static final Set<String> OF_PROVIDER = Set.of(Gate.PROVIDER, Gate.PROVIDER_OUT);

    /** Code points of a name. */
    private static final int MOST_OF_NAME = 100;

    /** Entries that wait for the broker; some megabytes. */
    private static final int MOST_WAITING = 10_000;

    private static final Duration LAST_WORDS = Duration.ofSeconds(5);
    private static final int MAX_BLOCK_MS = 5_000;
    private static final int DELIVERY_MS = 30_000;

    private final Map<String, Object> connection;
    private final BrokerRefusals refusals;
    private final String service;
    private final Counter lost;
    private final BlockingQueue<AuditEntry> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Thread writer;
    private volatile boolean leaving;

    AuditLog(
            @Identifier("default-kafka-broker") Map<String, Object> connection,
            BrokerRefusals refusals,
            @ConfigProperty(name = "quarkus.application.name") String service,
            Meters meters) {
        this.connection = Map.copyOf(connection);
        this.refusals = refusals;
        this.service = service;
        this.lost = meters.counter(Metric.AUDIT_LOST);
        this.writer = Thread.ofPlatform().name("audit-log").daemon().unstarted(this::write);
        writer.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        writer.start();
    }

    /** A key that somebody has just signed in with. */
    private record SignIn(String name, String key) {}

    /** Takes note of what becomes of {@code call}. */
    void follow(RoutingContext call) {
        call.addEndHandler(ended -> {
            boolean refused =
                    call.get(REFUSED) != null || Outcome.of(call.response().getStatusCode()) == Outcome.REFUSED;
            boolean changes = !SAFE.contains(call.request().method()) && call.get(LEFT_OUT) == null;
            if (refused || changes || OF_PROVIDER.contains(call.request().path())) {
                take(entry(call, refused, ended.succeeded()));
            }
        });
    }

    /** Says that {@code call} is refused, whatever its status says. */
    void refused(RoutingContext call) {
        call.put(REFUSED, true);
    }

    /** Says that {@code call} changes nothing that lasts, though its method could. */
    public static void leaveOut(RoutingContext call) {
        call.put(LEFT_OUT, true);
    }

    /** Says that with {@code call} the holder of the key {@code id} has signed in. */
    public static void signedIn(RoutingContext call, String name, String id) {
        call.put(SIGNED_IN, new SignIn(name, id));
    }

    private AuditEntry entry(RoutingContext call, boolean refused, boolean answered) {
        SecurityIdentity identity = Identities.of(call).orElse(null);
        SignIn signIn = call.get(SIGNED_IN);
        String name = identity == null ? null : fitting(Identities.name(identity));
        String key = identity == null ? null : identity.getAttribute(Identities.KEY);
        Mechanism mechanism = identity == null ? Mechanism.NONE : Identities.mechanism(identity);
        SocketAddress other = call.request().remoteAddress();
        int status = call.response().getStatusCode();
        return new AuditEntry(
                System.currentTimeMillis(),
                service,
                signIn == null ? name : signIn.name(),
                signIn == null ? mechanism : Mechanism.KEY,
                signIn == null ? key : signIn.key(),
                other == null || other.hostAddress() == null ? "unknown" : other.hostAddress(),
                shortened(call.request().method().name(), AuditEntry.MAX_METHOD),
                shortened(call.request().path(), AuditEntry.MAX_PATH),
                status,
                refused ? Outcome.REFUSED : answered ? Outcome.of(status) : Outcome.FAILED);
    }

    /** What comes from outside may be anything, half characters included. */
    private static String shortened(@Nullable String text, int most) {
        String plain = text == null ? "" : text.replaceAll("[^\\x21-\\x7e]", "?");
        return plain.isEmpty() ? "?" : plain.substring(0, Math.min(most, plain.length()));
    }

    private static @Nullable String fitting(@Nullable String name) {
        return name == null || name.isBlank()
                ? null
                : name.codePoints()
                        .limit(MOST_OF_NAME)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
    }

    private void take(AuditEntry entry) {
        if (leaving || !waiting.offer(entry)) {
            lose(entry, "too many wait");
        }
    }

    private void write() {
        KafkaProducer<byte[], byte[]> producer = null;
        while (!leaving || !waiting.isEmpty()) {
            AuditEntry entry = null;
            try {
                entry = waiting.poll(200, TimeUnit.MILLISECONDS);
                if (entry != null) {
                    if (producer == null) {
                        producer =
                                new KafkaProducer<>(settings(), new ByteArraySerializer(), new ByteArraySerializer());
                    }
                    send(producer, entry);
                }
            } catch (KafkaException e) {
                lose(entry, why(e));
            } catch (InterruptedException e) {
                break;
            }
        }
        if (producer != null) {
            producer.close(LAST_WORDS);
        }
        waiting.forEach(entry -> lose(entry, "the service ends"));
    }

    private void send(KafkaProducer<byte[], byte[]> producer, AuditEntry entry) {
        producer.send(Topic.AUDIT_LOG.record(entry, service), (written, failure) -> {
            if (failure != null) {
                lose(entry, why(failure));
            }
        });
    }

    /** What is refused ends the service: a service that may not say who did what should not go on unseen. */
    private String why(Exception failure) {
        return String.valueOf(refusals.explained(failure, AclOperation.WRITE).getMessage());
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = new HashMap<>(connection);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK_MS);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, DELIVERY_MS / 2);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_MS);
        return settings;
    }

    private void lose(@Nullable AuditEntry entry, String why) {
        if (entry == null) {
            return;
        }
        lost.increment();
        try {
            LOG.warnf("Not in the topic audit-log (%s), so it stands here: %s", why, JSON.writeValueAsString(entry));
        } catch (JsonProcessingException e) {
            LOG.errorf(e, "An entry of the audit log cannot be written as JSON");
        }
    }

    void onStop(@Observes ShutdownEvent event) throws InterruptedException {
        leaving = true;
        writer.join(LAST_WORDS.multipliedBy(2));
        writer.interrupt();
    }
}
