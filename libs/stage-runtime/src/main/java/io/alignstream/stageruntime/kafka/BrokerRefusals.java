package io.alignstream.stageruntime.kafka;

import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.rights.BrokerRefusedException;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.acl.AclOperation;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Where every client of the service tells that the brokers refuse it. The first refusal ends the service's reader, so
 * that its health says what is missing: nothing that asks again gets another answer. Thread-safe.
 */
@ApplicationScoped
public class BrokerRefusals {

    private static final Logger LOG = Logger.getLogger(BrokerRefusals.class);

    private final Map<String, Object> connection;
    private final AtomicReference<@Nullable Reason> first = new AtomicReference<>();

    /** Refusals of the clients that have the settings {@code connection}. */
    public BrokerRefusals(@Identifier("default-kafka-broker") Map<String, Object> connection) {
        this.connection = Map.copyOf(connection);
    }

    /**
     * Takes note if {@code failure} is a refusal.
     *
     * @param attempted what the client was about, if it can be one thing only
     * @return the refusal, explained; empty if the failure is something else
     */
    public Optional<BrokerRefusedException> in(Throwable failure, AclOperation... attempted) {
        Optional<BrokerRefusedException> refusal = BrokerRefusedException.in(failure, connection, attempted);
        refusal.map(BrokerRefusedException::reason).ifPresent(reason -> {
            if (first.compareAndSet(null, reason)) {
                LOG.errorf("The service has to be started again: %s", Messages.english(reason));
            }
        });
        return refusal;
    }

    /** The failure itself or, if it is a refusal, that one explained; takes note of it. */
    public Throwable explained(Throwable failure, AclOperation... attempted) {
        return in(failure, attempted).<Throwable>map(refusal -> refusal).orElse(failure);
    }

    /** What was refused first, on whatever client; empty if nothing was. */
    public Optional<Reason> first() {
        return Optional.ofNullable(first.get());
    }
}
