package io.alignstream.reward.desk;

import io.alignstream.contracts.Ranking;
import io.alignstream.stageruntime.Origin;
import java.util.Map;

/**
 * Who has said last what the topic holds of a request, a judgement or an abstention, and where it stands there; what it says
 * lies in {@link AskedRequests}.
 *
 * @param cause of an abstention; empty for a judgement
 */
record Counted(String annotator, String cause, int partition, long offset) {

    static Counted of(Ranking ranking, Origin origin) {
        Ranking.Abstention abstention = ranking.abstention();
        return new Counted(
                ranking.annotator(),
                abstention == null ? "" : abstention.cause().id(),
                origin.partition(),
                origin.offset());
    }

    /** Whether it stands before the {@link Positions#ends} of datasets. */
    boolean isBefore(Map<Integer, Long> ends) {
        return offset < ends.getOrDefault(partition, 0L);
    }

    boolean judges() {
        return cause.isEmpty();
    }
}
