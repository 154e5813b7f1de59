package io.alignstream.stageruntime.workers;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.workers.WorkerShards;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.TopicPartition;

/**
 * Says who of a group computes, in which order, and leases the run's shards to them: whoever computed goes on in the same
 * order, so that a run has as few new faces as can be. For the thread of its consumer.
 *
 * <p>Kafka makes it by name, at each member; the one of the group's leader decides. If those that compute and their order
 * stay the same and none of them is done with its generation, the generation goes on, whoever came or went beside them.
 */
public final class ShardAssignor implements ConsumerPartitionAssignor, Configurable {

    /** Consumer setting with the {@link Seat}. */
    static final String SEAT = "alignstream.workers.seat";

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int TOKEN_BYTES = 16;

    private Seat seat = Seat.NOBODY;

    /** Where one member of the group sits. */
    interface Seat {

        Seat NOBODY = new Seat() {
            @Override
            public Candidate candidate() {
                throw new IllegalStateException("nobody sits here: the setting " + SEAT + " is missing");
            }

            @Override
            public void told(Place place) {
                candidate();
            }
        };

        /** What it says of itself. */
        Candidate candidate();

        /** What it is told. */
        void told(Place place);
    }

    @Override
    public void configure(Map<String, ?> settings) {
        if (settings.get(SEAT) instanceof Seat taken) {
            seat = taken;
        }
    }

    @Override
    public String name() {
        return "alignstream-shards";
    }

    @Override
    public ByteBuffer subscriptionUserData(Set<String> topics) {
        return GroupJson.bytes(seat.candidate());
    }

    @Override
    public void onAssignment(Assignment assignment, ConsumerGroupMetadata metadata) {
        try {
            seat.told(GroupJson.read(assignment.userData(), Place.class));
        } catch (IOException e) {
            throw new UncheckedIOException("unreadable: what the group's leader says", e);
        }
    }

    @Override
    public GroupAssignment assign(Cluster metadata, GroupSubscription members) {
        Map<String, Assignment> assignments = new HashMap<>();
        Map<Candidate, String> candidates = new HashMap<>();
        members.groupSubscription().forEach((member, subscription) -> {
            try {
                candidates.put(GroupJson.read(subscription.userData(), Candidate.class), member);
            } catch (IOException e) {
                assignments.put(member, refused(Reason.of("workers.otherVersion")));
            }
        });
        List<Candidate> accepted = new ArrayList<>();
        candidates.keySet().stream().sorted(Candidate.ORDER).forEachOrdered(candidate -> candidate
                .refusedBy(accepted.isEmpty() ? candidate : accepted.getFirst())
                .ifPresentOrElse(
                        refusal -> assignments.put(candidates.get(candidate), refused(refusal)),
                        () -> accepted.add(candidate)));
        if (!accepted.isEmpty()) {
            int shards = accepted.getFirst().shards();
            int size = Math.min(accepted.size(), shards);
            int partitions = partitions(metadata, shards);
            ByteBuffer place = GroupJson.bytes(place(accepted, size));
            for (int rank = 0; rank < accepted.size(); rank++) {
                List<TopicPartition> lease = rank < size ? lease(rank, size, shards, partitions) : List.of();
                assignments.put(candidates.get(accepted.get(rank)), new Assignment(lease, place.duplicate()));
            }
        }
        return new GroupAssignment(assignments);
    }

    private static Place place(List<Candidate> accepted, int size) {
        List<Candidate> computing = accepted.subList(0, size);
        Standing newest = computing.getFirst().standing();
        boolean goesOn = IntStream.range(0, size).allMatch(rank -> computing
                .get(rank)
                .standing()
                .equals(new Standing(newest.number(), newest.token(), rank, size, false)));
        return Place.of(
                goesOn ? newest.number() : newest.number() + 1,
                goesOn ? newest.token() : token(),
                computing,
                accepted.size() - size);
    }

    private static String token() {
        byte[] token = new byte[TOKEN_BYTES];
        RANDOM.nextBytes(token);
        return HexFormat.of().formatHex(token);
    }

    private static int partitions(Cluster metadata, int shards) {
        Integer partitions = metadata.partitionCountForTopic(WorkerShards.TOPIC);
        if (partitions == null || partitions < shards) {
            throw new IllegalStateException("topic " + WorkerShards.TOPIC + " has "
                    + (partitions == null ? 0 : partitions) + " partitions but a run has " + shards
                    + " shards; create it with " + WorkerShards.PARTITIONS);
        }
        return partitions;
    }

    /** Shards that lie side by side, as evenly as can be, and of each shard all its partitions. */
    static List<TopicPartition> lease(int rank, int size, int shards, int partitions) {
        return IntStream.range(
                        firstPartition(firstShard(rank, size, shards), shards, partitions),
                        firstPartition(firstShard(rank + 1, size, shards), shards, partitions))
                .mapToObj(partition -> new TopicPartition(WorkerShards.TOPIC, partition))
                .toList();
    }

    private static int firstShard(int rank, int size, int shards) {
        return rank * shards / size;
    }

    private static int firstPartition(int shard, int shards, int partitions) {
        return shard * partitions / shards;
    }

    private static Assignment refused(Reason why) {
        return new Assignment(List.of(), GroupJson.bytes(Place.refused(why)));
    }
}
