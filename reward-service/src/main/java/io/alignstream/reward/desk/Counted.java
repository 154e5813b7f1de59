package io.alignstream.reward.desk;

import io.alignstream.contracts.Ranking;
import io.alignstream.stageruntime.Origin;

/** What the topic says last of an annotator and a request, a judgement or an abstention, and where it stands there. */
record Counted(Ranking ranking, int partition, long offset) {

    Counted(Ranking ranking, Origin origin) {
        this(ranking, origin.partition(), origin.offset());
    }

    boolean judges() {
        return ranking.abstention() == null;
    }
}
