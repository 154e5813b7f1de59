package io.alignstream.stageruntime.workers;

import io.alignstream.contracts.rights.BrokerRefusedException;
import io.alignstream.contracts.workers.WorkerShards;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.training.workers.Generation;
import io.alignstream.training.workers.Member;
import io.alignstream.training.workers.Membership;
import io.alignstream.training.workers.WorkerRefusedException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.WakeupException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Membership in the consumer group of a run: whoever joins or leaves it, or is not heard of for some seconds, makes Kafka
 * ask everybody, and the group's leader say what the new generation is ({@link ShardAssignor}). Thread-safe.
 *
 * <p>While Kafka asks, or is away, the present generation goes on. A process that the group lost sight of joins again by
 * itself, behind those that stayed. A generation that is over though all its members are there, since their computing
 * failed, is followed by a new one some seconds after this process asks for the {@link #next} one.
 */
final class KafkaMembership implements Membership {

    private static final Logger LOG = Logger.getLogger(KafkaMembership.class);

    /** Kafka's least; a process that does not even say that it leaves is out of the group after it. */
    private static final int SESSION_MILLIS = 6_000;
    /** How often Kafka is asked whether the group comes to a new order. */
    private static final int HEARTBEAT_MILLIS = 200;
    /** Longest time that the others wait for a process that lives but does not ask. */
    private static final int MOST_BETWEEN_POLLS_MILLIS = 10_000;

    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration LEAVING = Duration.ofSeconds(2);
    /** How long a generation that is over may stay without its successor: somebody may know who is lost. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final String id = UUID.randomUUID().toString();
    private final String group;
    private final Candidate newcomer;
    private final KafkaReaders readers;
    private final BrokerRefusals refusals;
    private final Admin admin;
    private final Thread thread;
    private final Map<String, KafkaFuture<Void>> removals = new ConcurrentHashMap<>();
    private final CountDownLatch leaving = new CountDownLatch(1);

    private volatile @Nullable KafkaConsumer<byte[], byte[]> asking;
    private volatile @Nullable Consumer<Generation> listener;
    private @Nullable Generation newest;
    private @Nullable RuntimeException failure;
    private Standing standing = Standing.NONE;
    /** Nanoseconds; 0 while it is not over. */
    private long overSince;

    /** Joins {@code group}; returns at once. */
    KafkaMembership(
            String group,
            String run,
            int shards,
            InetSocketAddress rendezvous,
            Map<String, String> fingerprint,
            boolean mixed,
            KafkaReaders readers,
            BrokerRefusals refusals) {
        if (shards < 1 || shards > WorkerShards.PARTITIONS) {
            throw new IllegalArgumentException(
                    "a run has 1 to " + WorkerShards.PARTITIONS + " shards but this one has " + shards);
        }
        if (rendezvous.isUnresolved() || rendezvous.getAddress().isAnyLocalAddress()) {
            throw new IllegalArgumentException(
                    "nobody can reach " + rendezvous + "; set alignstream.workers.address to one of this machine's");
        }
        this.group = group;
        this.newcomer = new Candidate(
                id,
                run,
                rendezvous.getAddress().getHostAddress(),
                rendezvous.getPort(),
                fingerprint,
                shards,
                mixed,
                Standing.NONE);
        this.readers = readers;
        this.refusals = refusals;
        this.admin = readers.admin();
        this.thread = Thread.ofPlatform().name(group).daemon().unstarted(this::run);
        thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        thread.start();
    }

    @Override
    public synchronized Optional<Generation> next(long number, Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        if (number == standing.number() && overSince == 0) {
            overSince = System.nanoTime();
        }
        while (true) {
            if (failure != null) {
                throw failure;
            }
            if (newest != null && newest.number() > number) {
                return Optional.of(newest);
            }
            long left = end - System.nanoTime();
            if (left <= 0 || isClosing()) {
                return Optional.empty();
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    @Override
    public synchronized boolean knowsAfter(long number) {
        return failure != null
                || newest != null && newest.number() > number; // who failed asks for the next, and hears it
    }

    @Override
    public void onGeneration(Consumer<Generation> told) {
        listener = told;
    }

    /** A new generation comes for a process that lives, too: it joins again. What fails is tried again until one comes. */
    @Override
    public void lost(Member member) {
        Generation present = present();
        if (!isClosing()
                && present != null
                && present.members().stream().anyMatch(known -> known.id().equals(member.id()))) {
            LOG.infof("Worker %s of group %s is lost", member.id(), group);
            removals.computeIfAbsent(member.id(), this::remove);
        }
    }

    private synchronized @Nullable Generation present() {
        return newest;
    }

    private KafkaFuture<Void> remove(String member) {
        LOG.debugf("Worker %s is put out of group %s", member, group);
        RemoveMembersFromConsumerGroupOptions options =
                new RemoveMembersFromConsumerGroupOptions(Set.of(new MemberToRemove(member)));
        options.reason("its process is gone");
        return admin.removeMembersFromConsumerGroup(group, options).all();
    }

    /** Tries those again that failed. */
    private void tend() {
        removals.forEach((member, removal) -> {
            if (removal.isCompletedExceptionally()) {
                Throwable cause = removal.exceptionNow();
                if (cause instanceof RetriableException) {
                    removals.replace(member, removal, remove(member));
                } else if (removals.remove(member, removal) && !(cause instanceof UnknownMemberIdException)) {
                    LOG.errorf(
                            cause, "Lost worker %s stays in group %s until Kafka does not hear of it", member, group);
                }
            }
        });
    }

    /** Leaves, within some seconds even if Kafka is away. */
    @Override
    public void close() {
        leaving.countDown();
        synchronized (this) {
            notifyAll();
        }
        KafkaConsumer<byte[], byte[]> consumer = asking;
        if (consumer != null) {
            consumer.wakeup();
        }
        if (Thread.currentThread() == thread) {
            return; // its listener closes it: the thread ends behind it
        }
        try {
            if (!thread.join(LEAVING.multipliedBy(2))) {
                LOG.warnf("Group %s is not left yet; Kafka ends the membership %d ms after it", group, SESSION_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!isClosing() && !failed()) {
                try {
                    follow();
                } catch (WakeupException e) {
                    LOG.debugf("Group %s is left", group);
                } catch (RuntimeException e) {
                    Optional<BrokerRefusedException> refusal = refusals.in(e, AclOperation.READ);
                    if (refusal.isPresent()) {
                        fail(refusal.get());
                    } else if (!isClosing()) {
                        LOG.warnf(e, "Group %s cannot be followed, I try again: %s", group, e.getMessage());
                        pause();
                    }
                }
            }
        } catch (RuntimeException | Error e) {
            LOG.errorf(e, "Group %s cannot be followed any more", group);
            fail(new IllegalStateException("the membership in group " + group + " has ended: " + e, e));
        } finally {
            admin.close(LEAVING);
        }
    }

    private void follow() {
        KafkaConsumer<byte[], byte[]> consumer = readers.join(group, settings());
        asking = consumer;
        try {
            consumer.subscribe(List.of(WorkerShards.TOPIC), new Leases(consumer));
            while (!isClosing() && !failed()) {
                consumer.poll(POLL);
                tend();
                if (isOver()) {
                    consumer.enforceRebalance("the generation is over");
                }
            }
        } finally {
            asking = null;
            leave(consumer);
        }
    }

    private Map<String, Object> settings() {
        return Map.ofEntries(
                Map.entry(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic"),
                Map.entry(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, id),
                Map.entry(ConsumerConfig.CLIENT_ID_CONFIG, id),
                Map.entry(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, List.of(ShardAssignor.class)),
                Map.entry(ShardAssignor.SEAT, new OwnSeat()),
                Map.entry(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_MILLIS),
                Map.entry(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, HEARTBEAT_MILLIS),
                Map.entry(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, MOST_BETWEEN_POLLS_MILLIS),
                Map.entry(ConsumerConfig.RETRY_BACKOFF_MS_CONFIG, 50),
                Map.entry(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500));
    }

    /** A static member that does not say so stays until its session ends; one that has never been told its place cannot. */
    private void leave(KafkaConsumer<byte[], byte[]> consumer) {
        consumer.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                .withTimeout(LEAVING));
        if (present() == null) {
            try {
                remove(id).get(LEAVING.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException e) {
                LOG.debugf("Group %s is left before it was joined: %s", group, e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void pause() {
        synchronized (this) {
            standing = standing.ended();
            overSince = System.nanoTime();
        }
        try {
            boolean left = leaving.await(RETRY.toMillis(), TimeUnit.MILLISECONDS);
            LOG.tracef("left: %s", left);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            leaving.countDown();
        }
    }

    private boolean isClosing() {
        return leaving.getCount() == 0;
    }

    private synchronized boolean failed() {
        return failure != null;
    }

    private synchronized void fail(RuntimeException why) {
        failure = why;
        notifyAll();
    }

    /** Whether the generation is over and has had no successor for a while; asks for patience again. */
    private synchronized boolean isOver() {
        if (overSince == 0 || !standing.computes() || System.nanoTime() - overSince < PATIENCE.toNanos()) {
            return false;
        }
        overSince = System.nanoTime();
        standing = standing.ended();
        return true;
    }

    private synchronized boolean isNew(Generation generation) {
        if (newest != null && generation.number() <= newest.number()) {
            return false;
        }
        newest = generation;
        standing = new Standing(
                generation.number(),
                generation.token(),
                generation.rank().orElse(Standing.NO_RANK),
                generation.size(),
                false);
        overSince = 0;
        removals.clear();
        notifyAll();
        return true;
    }

    /** What the group hears of this process, and it of the group; for the membership's thread. */
    private final class OwnSeat implements ShardAssignor.Seat {

        @Override
        public Candidate candidate() {
            synchronized (KafkaMembership.this) {
                return newcomer.with(standing);
            }
        }

        @Override
        public void told(Place place) {
            if (place.refusal() != null) {
                fail(new WorkerRefusedException(place.refusal()));
                return;
            }
            Generation generation = place.generation(id);
            if (!isNew(generation)) {
                return;
            }
            LOG.infof(
                    "Generation %d of group %s: %s of %d workers, %d stand by",
                    generation.number(),
                    group,
                    generation.rank().isPresent() ? "rank " + generation.rank().getAsInt() : "none",
                    generation.size(),
                    generation.standby());
            Consumer<Generation> told = listener;
            if (told != null) {
                told.accept(generation);
            }
        }
    }

    /** Nothing is ever read: the partitions only stand for shards. */
    private final class Leases implements ConsumerRebalanceListener {

        private final KafkaConsumer<byte[], byte[]> consumer;

        Leases(KafkaConsumer<byte[], byte[]> consumer) {
            this.consumer = consumer;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> leased) {
            leased.forEach(partition -> consumer.seek(partition, 0));
            consumer.pause(leased);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> leased) {
            LOG.debugf("Group %s comes to a new order", group);
        }

        /** The group has lost sight of this process, and others may compute its shards. */
        @Override
        public void onPartitionsLost(Collection<TopicPartition> leased) {
            synchronized (KafkaMembership.this) {
                standing = standing.ended();
            }
        }
    }
}
