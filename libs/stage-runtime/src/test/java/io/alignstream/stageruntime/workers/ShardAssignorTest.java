package io.alignstream.stageruntime.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.workers.WorkerShards;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class ShardAssignorTest {

    private static final String RUN = "0f3a9c2b1d77";
    private static final Map<String, String> FINGERPRINT = Map.of("libtorch", "2.7.1", "threads", "2");

    @Test
    void every_shard_is_leased_to_one_worker_and_those_of_each_lie_side_by_side() {
        for (int shards = 1; shards <= WorkerShards.PARTITIONS; shards++) {
            for (int size = 1; size <= shards; size++) {
                // When
                List<List<Integer>> leases = leases(size, shards);

                // Then
                List<Integer> all = new ArrayList<>();
                for (List<Integer> lease : leases) {
                    long leased = lease.stream().map(shardOf(shards)).distinct().count();
                    assertThat(leased).isBetween((long) shards / size, (long) (shards + size - 1) / size);
                    all.addAll(lease);
                }
                assertThat(all)
                        .isEqualTo(IntStream.range(0, WorkerShards.PARTITIONS)
                                .boxed()
                                .toList());
            }
        }
    }

    private static List<List<Integer>> leases(int size, int shards) {
        return IntStream.range(0, size)
                .mapToObj(rank -> ShardAssignor.lease(rank, size, shards, WorkerShards.PARTITIONS).stream()
                        .map(TopicPartition::partition)
                        .toList())
                .toList();
    }

    private static Function<Integer, Integer> shardOf(int shards) {
        return partition -> (int) IntStream.rangeClosed(1, shards)
                .filter(shard -> shard * WorkerShards.PARTITIONS / shards <= partition)
                .count();
    }

    @Test
    void those_without_a_shard_stand_by_and_know_who_computes() {
        // Given
        List<Candidate> workers = newcomers(6, 4);

        // When
        Map<String, Assignment> told = assign(workers);

        // Then
        assertThat(told.get("w04").partitions()).isEmpty();
        assertThat(told.get("w05").partitions()).isEmpty();
        assertThat(told.keySet()).allSatisfy(worker -> {
            Place place = place(told, worker);
            assertThat(place).isEqualTo(place(told, "w00"));
            assertThat(place.number()).isEqualTo(1);
            assertThat(place.token()).matches("[0-9a-f]{32}");
            assertThat(place.standby()).isEqualTo(2);
            assertThat(place.computing()).extracting(Place.Worker::id).containsExactly("w00", "w01", "w02", "w03");
        });
        assertThat(place(told, "w05").generation("w05").rank()).isEmpty();
        assertThat(place(told, "w02").generation("w02").rank()).hasValue(2);
        assertThat(place(told, "w05").generation("w05").members())
                .allSatisfy(member -> assertThat(member.fingerprint()).isEqualTo(FINGERPRINT));
    }

    @Test
    void survivors_keep_their_order_and_who_stood_by_comes_before_newcomers() {
        // Given: w01 dies, a newcomer that would be first by its name joins
        List<Candidate> before = after(newcomers(4, 3));
        List<Candidate> workers = new ArrayList<>(before);
        workers.removeIf(worker -> worker.id().equals("w01"));
        workers.add(candidate("a", 3, Standing.NONE));

        // When
        Map<String, Assignment> told = assign(workers);

        // Then
        Place place = place(told, "a");
        assertThat(place.number()).isEqualTo(2);
        assertThat(place.token()).isNotEqualTo(before.getFirst().standing().token());
        assertThat(place.computing()).extracting(Place.Worker::id).containsExactly("w00", "w02", "w03");
        assertThat(place.standby()).isEqualTo(1);
    }

    @Test
    void a_generation_goes_on_when_someone_comes_or_goes_who_does_not_compute() {
        // Given
        List<Candidate> before = after(newcomers(4, 3));
        List<Candidate> workers = new ArrayList<>(before.subList(0, 3));
        workers.add(candidate("a", 3, Standing.NONE));
        workers.add(candidate("b", 3, Standing.NONE));

        // When
        Map<String, Assignment> told = assign(workers);

        // Then
        assertThat(place(told, "a"))
                .isEqualTo(Place.of(1, before.getFirst().standing().token(), before.subList(0, 3), 2));
    }

    @Test
    void a_generation_that_is_over_for_one_is_followed_by_another_of_the_same() {
        // Given
        List<Candidate> workers = after(newcomers(3, 4));
        Candidate done = workers.get(1);
        workers.set(1, done.with(done.standing().ended()));

        // When
        Map<String, Assignment> told = assign(workers);

        // Then
        Place place = place(told, "w00");
        assertThat(place.number()).isEqualTo(2);
        assertThat(place.token()).isNotEqualTo(done.standing().token());
        assertThat(place.computing()).extracting(Place.Worker::id).containsExactly("w00", "w01", "w02");
    }

    @Test
    void one_that_comes_back_from_an_older_generation_is_behind_those_that_stayed() {
        // Given: w00 was away while the others went on
        List<Candidate> first = after(newcomers(3, 4));
        List<Candidate> workers = after(first.subList(1, 3));
        workers.add(first.getFirst());

        // When
        Map<String, Assignment> told = assign(workers);

        // Then
        Place place = place(told, "w00");
        assertThat(place.number()).isEqualTo(3);
        assertThat(place.computing()).extracting(Place.Worker::id).containsExactly("w01", "w02", "w00");
    }

    @Test
    void survivors_keep_their_order_through_many_changes() {
        // Given
        Random random = new Random(1);
        List<Candidate> workers = newcomers(5, 8);
        for (int change = 0; change < 100; change++) {
            List<Candidate> before = after(workers);
            List<String> order = before.stream().map(Candidate::id).toList();
            List<Candidate> next = new ArrayList<>(before);
            Collections.shuffle(next, random);
            if (next.size() > 1 && random.nextBoolean()) {
                next.removeLast();
            } else {
                next.add(candidate("n" + random.nextInt(1_000_000), 8, Standing.NONE));
            }

            // When
            Place place = place(assign(next), next.getFirst().id());

            // Then
            List<String> computing =
                    place.computing().stream().map(Place.Worker::id).toList();
            assertThat(computing.stream().filter(order::contains))
                    .isEqualTo(order.stream().filter(computing::contains).toList());
            assertThat(place.number())
                    .isGreaterThanOrEqualTo(before.getFirst().standing().number());
            workers = next;
        }
    }

    @Test
    void a_worker_with_another_fingerprint_is_refused_and_told_what_differs() {
        // Given
        List<Candidate> workers = after(newcomers(2, 4));
        workers.add(new Candidate(
                "a", RUN, "10.0.0.9", 1, Map.of("libtorch", "2.8.0", "threads", "2"), 4, false, Standing.NONE));

        // When
        Map<String, Assignment> told = assign(workers);

        // Then: the others go on as if nobody had come
        assertThat(told.get("a").partitions()).isEmpty();
        assertThat(place(told, "a").refusal()).satisfies(reason -> assertThat(Messages.english(reason))
                .contains("w00", "10.0.0.1", "(libtorch 2.7.1 ≠ 2.8.0)", "alignstream.workers.mixed-fingerprints"));
        assertThat(place(told, "w01").number()).isEqualTo(1);
        assertThat(place(told, "w01").standby()).isZero();
    }

    @Test
    void workers_that_all_may_mix_are_not_refused() {
        // Given
        List<Candidate> workers = List.of(
                new Candidate("a", RUN, "10.0.0.1", 1, FINGERPRINT, 4, true, Standing.NONE),
                new Candidate("b", RUN, "10.0.0.2", 1, Map.of("libtorch", "2.8.0"), 4, true, Standing.NONE),
                new Candidate("c", RUN, "10.0.0.3", 1, Map.of("libtorch", "2.8.0"), 4, false, Standing.NONE));

        // When
        Map<String, Assignment> told = assign(workers);

        // Then
        assertThat(place(told, "b").generation("b").members())
                .extracting(member -> member.fingerprint().get("libtorch"))
                .containsExactly("2.7.1", "2.8.0");
        assertThat(place(told, "c").refusal()).isNotNull();
    }

    @Test
    void a_worker_with_another_number_of_shards_is_refused() {
        // Given
        List<Candidate> workers = after(newcomers(2, 4));
        workers.add(candidate("a", 8, Standing.NONE));

        // When
        Map<String, Assignment> told = assign(workers);

        // Then
        assertThat(place(told, "a").refusal())
                .satisfies(reason -> assertThat(Messages.english(reason)).contains("into 8 shards", "w00", "into 4"));
    }

    @Test
    void a_worker_that_says_what_nobody_can_read_is_refused() {
        // Given
        Map<String, Subscription> subscriptions = new HashMap<>();
        subscriptions.put("odd", new Subscription(List.of(WorkerShards.TOPIC), ByteBuffer.wrap(new byte[] {1, 2})));
        subscriptions.put(
                "w00",
                new Subscription(
                        List.of(WorkerShards.TOPIC),
                        GroupJson.bytes(newcomers(1, 4).getFirst())));

        // When
        Map<String, Assignment> told = new ShardAssignor()
                .assign(cluster(64), new GroupSubscription(subscriptions))
                .groupAssignment();

        // Then
        assertThat(place(told, "odd").refusal())
                .satisfies(reason -> assertThat(Messages.english(reason)).contains("another version"));
        assertThat(place(told, "w00").computing()).hasSize(1);
    }

    @Test
    void a_topic_with_too_few_partitions_is_named() {
        // Given
        GroupSubscription members = subscriptions(newcomers(1, 4));

        // When // Then
        assertThatThrownBy(() -> new ShardAssignor().assign(cluster(3), members))
                .hasMessageContaining("topic worker-shards has 3 partitions but a run has 4 shards");
    }

    private static List<Candidate> newcomers(int size, int shards) {
        return new ArrayList<>(IntStream.range(0, size)
                .mapToObj(number -> candidate("w%02d".formatted(number), shards, Standing.NONE))
                .toList());
    }

    private static Candidate candidate(String id, int shards, Standing standing) {
        return new Candidate(id, RUN, "10.0.0.1", 4_000, FINGERPRINT, shards, false, standing);
    }

    /** The workers as they stand once they were told their places, those that compute first. */
    private static List<Candidate> after(List<Candidate> workers) {
        Place place = place(assign(workers), workers.getFirst().id());
        List<String> ranks = place.computing().stream().map(Place.Worker::id).toList();
        Map<Integer, Candidate> standing = new TreeMap<>();
        for (Candidate worker : workers) {
            int rank = ranks.indexOf(worker.id());
            standing.put(
                    rank < 0 ? 1_000 + standing.size() : rank,
                    worker.with(new Standing(
                            place.number(), place.token(), rank < 0 ? Standing.NO_RANK : rank, ranks.size(), false)));
        }
        return new ArrayList<>(standing.values());
    }

    private static Map<String, Assignment> assign(List<Candidate> workers) {
        return new ShardAssignor()
                .assign(cluster(WorkerShards.PARTITIONS), subscriptions(workers))
                .groupAssignment();
    }

    private static GroupSubscription subscriptions(List<Candidate> workers) {
        Map<String, Subscription> subscriptions = new HashMap<>();
        workers.forEach(worker ->
                subscriptions.put(worker.id(), new Subscription(List.of(WorkerShards.TOPIC), GroupJson.bytes(worker))));
        return new GroupSubscription(subscriptions);
    }

    private static Cluster cluster(int partitions) {
        Node node = new Node(0, "localhost", 9092);
        Node[] nodes = {node};
        return new Cluster(
                "test",
                List.of(node),
                Stream.iterate(0, partition -> partition + 1)
                        .limit(partitions)
                        .map(partition -> new PartitionInfo(WorkerShards.TOPIC, partition, node, nodes, nodes))
                        .toList(),
                Set.of(),
                Set.of());
    }

    private static Place place(Map<String, Assignment> told, String worker) {
        try {
            return GroupJson.read(told.get(worker).userData(), Place.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
