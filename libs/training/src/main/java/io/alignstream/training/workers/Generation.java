package io.alignstream.training.workers;

import java.util.List;
import java.util.OptionalInt;

/**
 * The workers of a run until one comes or goes. Immutable.
 *
 * @param number greater than those of the generations that this process was in before
 * @param token a secret that only this generation's members know: what they meet by
 * @param members those that compute, by rank: at least one, at most as many as there are shards
 * @param standby how many more wait for a place
 * @param rank of this process among the members; empty if it stands by
 */
public record Generation(long number, String token, List<Member> members, int standby, OptionalInt rank) {

    public Generation {
        members = List.copyOf(members);
        if (rank.isPresent() && rank.getAsInt() >= members.size()) {
            throw new IllegalArgumentException(
                    "rank " + rank.getAsInt() + " is none of " + members.size() + " members");
        }
    }

    /** Workers that compute. */
    public int size() {
        return members.size();
    }
}
