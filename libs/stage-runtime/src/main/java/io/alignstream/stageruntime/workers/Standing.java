package io.alignstream.stageruntime.workers;

/**
 * A worker's place in a generation. Immutable.
 *
 * @param number of the generation; 0 for none
 * @param token of the generation
 * @param rank among those that compute; {@link #NO_RANK} if it stands by
 * @param size how many compute
 * @param over whether the generation is over for this worker: its computing failed, or the group has lost sight of it
 */
record Standing(long number, String token, int rank, int size, boolean over) {

    static final int NO_RANK = Integer.MAX_VALUE;

    /** Of one that comes for the first time. */
    static final Standing NONE = new Standing(0, "", NO_RANK, 0, true);

    boolean computes() {
        return rank != NO_RANK;
    }

    Standing ended() {
        return new Standing(number, token, rank, size, true);
    }
}
