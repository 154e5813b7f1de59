package io.alignstream.stageruntime.workers;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.workers.Generation;
import io.alignstream.training.workers.Member;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a worker is told when the group has come to a new order. Immutable.
 *
 * @param computing by rank
 * @param standby how many more wait for a place
 * @param refusal why the worker that is told must not compute, nor stand by; null if it may
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Place(long number, String token, List<Worker> computing, int standby, @Nullable Reason refusal) {

    /**
     * One that computes.
     *
     * @param fingerprint null if it is that of the first rank, so that many workers do not tell each other the same
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Worker(String id, String host, int port, @Nullable Map<String, String> fingerprint) {}

    Place {
        computing = List.copyOf(computing);
    }

    static Place refused(Reason refusal) {
        return new Place(0, "", List.of(), 0, refusal);
    }

    static Place of(long number, String token, List<Candidate> computing, int standby) {
        List<Worker> workers = new ArrayList<>();
        for (Candidate candidate : computing) {
            boolean same = !workers.isEmpty()
                    && candidate.fingerprint().equals(computing.getFirst().fingerprint());
            workers.add(new Worker(
                    candidate.id(), candidate.host(), candidate.port(), same ? null : candidate.fingerprint()));
        }
        return new Place(number, token, workers, standby, null);
    }

    /** As the worker {@code id} sees it. */
    Generation generation(String id) {
        Map<String, String> usual = fingerprint(computing.getFirst(), Map.of());
        List<Member> members = computing.stream()
                .map(worker -> new Member(
                        worker.id(), new InetSocketAddress(worker.host(), worker.port()), fingerprint(worker, usual)))
                .toList();
        OptionalInt rank = IntStream.range(0, computing.size())
                .filter(candidate -> computing.get(candidate).id().equals(id))
                .findFirst();
        return new Generation(number, token, members, standby, rank);
    }

    private static Map<String, String> fingerprint(Worker worker, Map<String, String> usual) {
        Map<String, String> own = worker.fingerprint();
        return own == null ? usual : own;
    }
}
