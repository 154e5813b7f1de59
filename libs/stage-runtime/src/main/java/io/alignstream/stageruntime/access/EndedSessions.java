package io.alignstream.stageruntime.access;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.EndedSession;
import io.alignstream.contracts.rights.BrokerRefusedException;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.quarkus.oidc.SecurityEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * The sessions that were signed out of before their end, as the topic {@code ended-sessions} tells every instance of every
 * service: a copy of such a session opens nothing. Thread-safe.
 *
 * <p>A bounded number is known one by one. Where there are more, all sessions that are as old as the oldest of them are over,
 * too: somebody may have to sign in once more, and no copy comes back. Likewise, what has begun before this service did is over
 * until the topic was read once: among them may be any that was ended.
 */
@ApplicationScoped
public class EndedSessions {

    private static final Logger LOG = Logger.getLogger(EndedSessions.class);
    private static final int MOST = 100_000;
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

    private final EventPublisher publisher;
    private final InstantSource clock;
    private final Duration lasting;
    private final int most;
    private final Map<String, EndedSession> ended = new HashMap<>();
    /** All sessions that began until then are over, in milliseconds. */
    private long over = -1;
    /** Likewise, until the topic was read. */
    private long unknown;

    @Inject
    EndedSessions(EventPublisher publisher, AccessConfig config) {
        this(publisher, config.session(), InstantSource.system(), MOST);
    }

    EndedSessions(EventPublisher publisher, Duration lasting, InstantSource clock, int most) {
        this.publisher = publisher;
        this.clock = clock;
        this.lasting = lasting;
        this.most = most;
        // A cookie tells seconds.
        this.unknown = clock.instant().getEpochSecond() * 1_000 - 1;
    }

    /** Made with the service, and not with the first request: what began in between is not of before. */
    void begin(@Observes StartupEvent event) {
        LOG.debug("Sessions of before are over until the topic is read");
    }

    /** Learns of one from the topic. */
    public synchronized void take(EndedSession session) {
        if (session.end() <= clock.millis()) {
            return;
        }
        ended.put(session.session(), session);
        if (ended.size() > most) {
            ended.values().removeIf(one -> one.end() <= clock.millis());
        }
        if (ended.size() > most) {
            EndedSession oldest = ended.values().stream()
                    .min(Comparator.comparingLong(EndedSession::begun))
                    .orElseThrow();
            over = Math.max(over, oldest.begun());
            ended.values().removeIf(one -> one.begun() <= over);
        }
    }

    /** The topic was read to its end. */
    public synchronized void known() {
        unknown = -1;
    }

    /** Whether {@code identity} is known by a session that was ended. */
    boolean hold(SecurityIdentity identity) {
        return Identities.session(identity, lasting).filter(this::isOver).isPresent();
    }

    synchronized boolean isOver(EndedSession session) {
        return ended.containsKey(session.session()) || session.begun() <= Math.max(over, unknown);
    }

    /** Ends the session by which {@code identity} is known, if it is by one: here at once, elsewhere when the topic has it. */
    void end(SecurityIdentity identity) {
        Identities.session(identity, lasting).ifPresent(session -> {
            take(session);
            publisher
                    .publishLater(Topic.ENDED_SESSIONS, session)
                    .onFailure()
                    .invoke(failure -> LOG.warnf(
                            "Somebody has signed out, which other services do not know yet: %s", failure.getMessage()))
                    .onFailure(failure -> !(failure instanceof BrokerRefusedException))
                    .retry()
                    .withBackOff(RETRY, LONGEST_RETRY)
                    .expireAt(session.end())
                    .subscribe()
                    .with(
                            written -> {},
                            failure -> LOG.errorf(
                                    "Somebody has signed out here, and nobody tells other services: %s",
                                    failure.getMessage()));
        });
    }

    /** The provider's own sign-out, which answers before any resource does. */
    void signedOut(@Observes SecurityEvent event) {
        if (event.getEventType() == SecurityEvent.Type.OIDC_LOGOUT_RP_INITIATED) {
            end(event.getSecurityIdentity());
        }
    }
}
