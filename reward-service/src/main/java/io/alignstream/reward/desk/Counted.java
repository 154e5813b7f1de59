package io.alignstream.reward.desk;

import io.alignstream.contracts.Ranking;
import io.alignstream.stageruntime.Origin;
import java.util.Map;

/** What the topic says last of an annotator and a request, a judgement or an abstention, and where it stands there. */
record Counted(Ranking ranking, int partition, long offset) {

    Counted(Ranking ranking, Origin origin) {
        this(ranking, origin.partition(), origin.offset());
    }

    /** Whether it stands before the {@link Positions#ends} of datasets. */
    boolean isBefore(Map<Integer, Long> ends) {
        return offset < ends.getOrDefault(partition, 0L);
    }

    boolean judges() {
        return ranking.abstention() == null;
    }
}
