package io.alignstream.stageruntime.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.rights.BrokerRefusedException;
import io.alignstream.contracts.workers.WorkerShards;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.training.workers.Generation;
import io.alignstream.training.workers.Member;
import io.alignstream.training.workers.Membership;
import io.alignstream.training.workers.WorkerRefusedException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Workers of a run at a real broker. */
class KafkaMembershipTest {

    static final Map<String, String> FINGERPRINT = Map.of("libtorch", "2.7.1", "threads", "1");

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static String address = "";

    private final String run = UUID.randomUUID().toString().substring(0, 12);
    private final List<Worker> workers = new ArrayList<>();

    @BeforeAll
    static void startBroker() {
        KafkaBroker broker = new KafkaBroker();
        broker.init(Map.of());
        address = broker.start().getOrDefault("kafka.bootstrap.servers", "");
    }

    @AfterEach
    void leave() {
        workers.forEach(Worker::close);
    }

    /** A membership and what it was told. */
    private static final class Worker implements AutoCloseable {

        private final Membership membership;
        private final BlockingQueue<Generation> told = new LinkedBlockingQueue<>();

        Worker(Membership membership) {
            this.membership = membership;
            membership.onGeneration(told::add);
        }

        Generation await(Predicate<Generation> wanted) throws InterruptedException {
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (true) {
                Generation generation = told.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (generation == null) {
                    throw new AssertionError("the generation did not come");
                }
                if (wanted.test(generation)) {
                    return generation;
                }
            }
        }

        Generation await(int size) throws InterruptedException {
            return await(generation -> generation.size() == size);
        }

        @Override
        public void close() {
            membership.close();
        }
    }

    private Worker join(int shards) {
        Worker worker = new Worker(WorkerProcess.join(address, run, shards, FINGERPRINT));
        workers.add(worker);
        return worker;
    }

    private static List<String> ids(Generation generation) {
        return generation.members().stream().map(Member::id).toList();
    }

    @Test
    void all_workers_are_told_the_same_each_time_that_one_joins() throws Exception {
        for (int size = 1; size <= 3; size++) {
            // When
            join(8);

            // Then
            List<Generation> generations = new ArrayList<>();
            for (Worker worker : workers) {
                generations.add(worker.await(size));
            }
            Generation first = generations.getFirst();
            assertThat(generations).allSatisfy(generation -> {
                assertThat(generation.number()).isEqualTo(first.number());
                assertThat(generation.token()).isEqualTo(first.token());
                assertThat(generation.members()).isEqualTo(first.members());
                assertThat(generation.standby()).isZero();
            });
            assertThat(generations.stream().map(generation -> generation.rank().orElseThrow()))
                    .containsExactlyElementsOf(IntStream.range(0, size).boxed().toList());
        }
        assertThat(leases(workers.getFirst().membership.next(-1, PATIENCE).orElseThrow()))
                .containsExactly(range(0, 16), range(16, 40), range(40, 64));
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    /** As Kafka's own tools show them, by rank. */
    private List<List<Integer>> leases(Generation generation) throws Exception {
        String group = WorkerShards.group(Stage.PRETRAIN, run);
        Map<String, List<Integer>> leases = new HashMap<>();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", (Object) address))) {
            for (MemberDescription member : admin.describeConsumerGroups(List.of(group))
                    .describedGroups()
                    .get(group)
                    .get()
                    .members()) {
                leases.put(
                        member.groupInstanceId().orElseThrow(),
                        member.assignment().topicPartitions().stream()
                                .map(TopicPartition::partition)
                                .sorted()
                                .toList());
            }
        }
        return ids(generation).stream()
                .map(id -> leases.getOrDefault(id, List.of()))
                .toList();
    }

    @Test
    void who_stands_by_takes_the_place_of_one_that_leaves() throws Exception {
        // Given
        for (int count = 0; count < 4; count++) {
            join(2);
        }
        for (Worker worker : workers) {
            worker.await(2);
        }
        Generation before = settled();
        Worker leaver = workers.stream()
                .filter(worker -> newest(worker).rank().orElse(-1) == 0)
                .findFirst()
                .orElseThrow();

        // When
        leaver.close();

        // Then
        workers.remove(leaver);
        for (Worker worker : workers) {
            worker.await(generation -> !ids(generation).contains(ids(before).getFirst()));
        }
        Generation after = settled();
        assertThat(after.number()).isGreaterThan(before.number());
        assertThat(ids(after)).hasSize(2).startsWith(ids(before).getLast());
        assertThat(workers.stream().map(worker -> newest(worker).rank().orElse(-1)))
                .containsExactlyInAnyOrder(0, 1, -1);
    }

    private static Generation newest(Worker worker) {
        try {
            return worker.membership.next(-1, PATIENCE).orElseThrow();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The generation that all know of. */
    private Generation settled() throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (workers.stream().map(worker -> newest(worker).token()).distinct().count() > 1) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(20);
        }
        return newest(workers.getFirst());
    }

    @Test
    void a_killed_process_is_out_as_soon_as_survivors_say_so() throws Exception {
        // Given
        join(4);
        join(4);
        try (WorkerProcess killed = WorkerProcess.start(address, run, 4)) {
            Generation before = workers.getFirst().await(3);
            List<String> own =
                    new ArrayList<>(ids(workers.getLast().await(generation -> generation.number() < before.number())));
            Member lost = before.members().stream()
                    .filter(member -> !own.contains(member.id()))
                    .findFirst()
                    .orElseThrow();
            killed.kill();

            // When
            workers.forEach(worker -> worker.membership.lost(lost));

            // Then
            Generation after = workers.getFirst().await(2);
            assertThat(after.number()).isGreaterThan(before.number());
            assertThat(after.members()).doesNotContain(lost);
            assertThat(workers.getLast()
                            .await(generation -> generation.number() == after.number())
                            .token())
                    .isEqualTo(after.token());
        }
    }

    @Test
    void a_process_that_stops_is_out_after_its_session_and_comes_back_last() throws Exception {
        // Given: the process is the first worker
        try (WorkerProcess stopped = WorkerProcess.start(address, run, 4)) {
            Worker alone = null;
            while (alone == null) { // the child takes a while to start
                if (leases().stream()
                        .allMatch(
                                member -> member.assignment().topicPartitions().isEmpty())) {
                    Thread.sleep(20);
                } else {
                    alone = join(4);
                }
            }
            Generation before = alone.await(2);
            assertThat(before.rank()).hasValue(1);

            // When
            stopped.signal("STOP");
            Generation without = alone.await(1);
            stopped.signal("CONT");

            // Then
            Generation after = alone.await(2);
            assertThat(without.number()).isGreaterThan(before.number());
            assertThat(after.number()).isGreaterThan(without.number());
            assertThat(after.members())
                    .containsExactly(
                            before.members().getLast(), before.members().getFirst());
        }
    }

    private List<MemberDescription> leases() throws Exception {
        String group = WorkerShards.group(Stage.PRETRAIN, run);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", (Object) address))) {
            if (admin.listGroups().all().get().stream()
                    .noneMatch(listed -> listed.groupId().equals(group))) {
                return List.of();
            }
            return List.copyOf(admin.describeConsumerGroups(List.of(group))
                    .describedGroups()
                    .get(group)
                    .get()
                    .members());
        }
    }

    @Test
    void a_living_process_that_is_taken_for_lost_comes_back() throws Exception {
        // Given
        join(4);
        Worker second = join(4);
        Generation before = second.await(2);
        Member first = before.members().getFirst();

        // When
        second.membership.lost(first);

        // Then
        Generation after = second.await(generation -> generation.number() > before.number() && generation.size() == 2);
        assertThat(after.members()).containsExactlyInAnyOrderElementsOf(before.members());
        assertThat(after.token()).isNotEqualTo(before.token());
    }

    @Test
    void a_generation_that_failed_though_nobody_is_lost_is_followed_by_another() throws Exception {
        // Given
        Worker first = join(4);
        first.await(1);
        Worker second = join(4);
        Generation before = second.await(2);

        // When: one asks for the next
        Generation after = second.membership.next(before.number(), PATIENCE).orElseThrow();

        // Then
        assertThat(after.members()).isEqualTo(before.members());
        assertThat(after.token()).isNotEqualTo(before.token());
        assertThat(first.await(generation -> generation.number() == after.number())
                        .token())
                .isEqualTo(after.token());
    }

    @Test
    void a_worker_with_other_bits_is_refused_and_the_others_go_on() throws Exception {
        // Given
        Generation before = join(4).await(1);
        Membership other = WorkerProcess.join(address, run, 4, Map.of("libtorch", "2.8.0", "threads", "1"));

        // When
        Throwable refusal = catchThrowable(() -> other.next(-1, PATIENCE));

        // Then
        assertThat(refusal)
                .isInstanceOf(WorkerRefusedException.class)
                .hasMessageContaining(ids(before).getFirst())
                .hasMessageContaining("libtorch 2.7.1 ≠ 2.8.0");
        other.close();
        assertThat(workers.getFirst().membership.knowsAfter(before.number())).isFalse();
    }

    @Test
    void of_workers_that_would_begin_different_runs_in_the_same_moment_one_begins_and_the_others_join_it()
            throws Exception {
        // Given: idle workers have read more, or less, when they decide what to learn from
        List<String> runs = List.of("0000aaaa1111", "2222bbbb3333");
        List<Membership> both = new ArrayList<>();
        runs.forEach(begun -> both.add(WorkerProcess.join(address, run, begun, 4, FINGERPRINT)));
        try {
            // When
            List<Throwable> refusals = new ArrayList<>();
            for (Membership one : both) {
                refusals.add(catchThrowable(() -> one.next(-1, PATIENCE)));
            }

            // Then: one goes on, the other is told what has begun, and joins that
            List<Throwable> refused = refusals.stream()
                    .filter(WorkerRefusedException.class::isInstance)
                    .toList();
            assertThat(refused).singleElement().satisfies(refusal -> {
                assertThat(refusal).hasMessageContainingAll(runs.getFirst(), runs.getLast());
                assertThat(((WorkerRefusedException) refusal).passes()).isTrue();
            });
            int late = refusals.indexOf(refused.getFirst());
            both.get(late).close();
            both.set(late, WorkerProcess.join(address, run, runs.get(1 - late), 4, FINGERPRINT));
            assertThat(both.get(late).next(-1, PATIENCE).orElseThrow().size()).isEqualTo(2);
        } finally {
            both.forEach(Membership::close);
        }
    }

    @Test
    void who_works_on_a_run_is_known_to_those_that_do_not() throws Exception {
        // Given
        int before = WorkerProcess.memberships(address).count(Stage.PRETRAIN, run);
        join(4);
        join(4);
        workers.forEach(worker -> newest(worker));
        settled();

        // When
        int count = WorkerProcess.memberships(address).count(Stage.PRETRAIN, run);

        // Then
        assertThat(before).isZero();
        assertThat(count).isEqualTo(2);
    }

    @Test
    void survivors_keep_their_order_through_30_joins_and_leaves() throws Exception {
        // Given
        Random random = new Random(1);
        join(4);
        join(4);
        List<String> order = ids(workers.getFirst().await(2));
        for (int change = 0; change < 30; change++) {
            boolean leaves = workers.size() > 1 && random.nextBoolean();

            // When
            if (leaves) {
                workers.remove(random.nextInt(workers.size())).close();
            } else {
                join(4);
            }

            // Then
            int expected = workers.size();
            long end = System.nanoTime() + PATIENCE.toNanos();
            Generation now = settled();
            while (now.size() != Math.min(expected, 4)
                    || !leaves && expected <= 4 && ids(now).equals(order)
                    || workers.stream()
                                    .filter(worker -> newest(worker).rank().isPresent())
                                    .count()
                            != now.size()) {
                assertThat(System.nanoTime()).isLessThan(end);
                Thread.sleep(20);
                now = settled();
            }
            List<String> ids = ids(now);
            assertThat(ids.stream().filter(order::contains))
                    .isEqualTo(order.stream().filter(ids::contains).toList());
            order = ids;
        }
    }

    @Test
    void while_the_broker_is_away_the_generation_goes_on_and_one_can_leave() throws Exception {
        // Given
        KafkaBroker own = new KafkaBroker();
        own.init(Map.of("fresh", "true"));
        String there = own.start().getOrDefault("kafka.bootstrap.servers", "");
        Worker first = new Worker(WorkerProcess.join(there, run, 4, FINGERPRINT));
        Worker second = new Worker(WorkerProcess.join(there, run, 4, FINGERPRINT));
        Generation before = first.await(2);
        Member other = second.await(2).members().getFirst();
        own.stop();

        // When
        second.membership.lost(other);
        second.close();

        // Then
        assertThat(first.membership.knowsAfter(before.number())).isFalse();
        assertThat(first.membership.next(-1, PATIENCE)).hasValue(before);
        first.close();
    }

    @Test
    void a_service_may_work_on_runs_of_its_own_stage_only() throws Exception {
        // Given
        KafkaBroker secured = new KafkaBroker();
        secured.init(Map.of("user", Stage.PRETRAIN.service()));
        Map<String, Object> connection = new HashMap<>();
        secured.start().forEach((name, value) -> connection.put(name.replaceFirst("^kafka\\.", ""), value));
        InetAddress here = InetAddress.getLoopbackAddress();
        Memberships memberships =
                new Memberships(new KafkaReaders(connection), new BrokerRefusals(connection), here, false, 0);
        InetSocketAddress rendezvous = new InetSocketAddress(here, 4_000);
        try (Worker first = new Worker(memberships.join(Stage.PRETRAIN, run, run, 4, rendezvous, FINGERPRINT));
                Worker second = new Worker(memberships.join(Stage.PRETRAIN, run, run, 4, rendezvous, FINGERPRINT));
                Worker stranger = new Worker(memberships.join(Stage.SFT, run, run, 4, rendezvous, FINGERPRINT))) {
            Generation both = second.await(2);
            second.membership.lost(both.members().getFirst());
            second.await(generation -> generation.number() > both.number());
            first.close();
            second.await(1);

            // When
            Throwable refusal = catchThrowable(() -> stranger.membership.next(-1, PATIENCE));

            // Then
            assertThat(refusal)
                    .isInstanceOf(BrokerRefusedException.class)
                    .hasMessageContaining("Kafka refuses user pretrain-service the right Read on consumer group "
                            + WorkerShards.group(Stage.SFT, run));
        } finally {
            secured.stop();
        }
    }
}
