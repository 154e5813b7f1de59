package io.alignstream.local.pipeline;

import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.local.site.KafkaConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/**
 * The rankings that are on the topics: the newest of each request and annotator, withdrawn ones left out, in the order in
 * which they were given.
 *
 * @param ranked each beside its request
 * @param withoutRequest rankings whose request is not kept any more
 */
public record PublishedRankings(List<RankedRequest> ranked, long withoutRequest) {

    public PublishedRankings {
        ranked = List.copyOf(ranked);
    }

    /** Reads both topics up to their present ends. Poison events are nobody's rankings. */
    public static PublishedRankings read(KafkaConnection connection) {
        SequencedMap<String, RankingRequest> requests = TopicLog.newest(connection, Topic.RANKING_REQUESTS);
        SequencedMap<String, Ranking> rankings = TopicLog.newest(connection, Topic.RANKINGS);
        List<RankedRequest> ranked = new ArrayList<>();
        rankings.values().forEach(ranking -> {
            RankingRequest request = requests.get(ranking.requestId());
            if (request != null && fits(request, ranking)) {
                ranked.add(new RankedRequest(request, ranking));
            }
        });
        return new PublishedRankings(ranked, rankings.size() - ranked.size());
    }

    private static boolean fits(RankingRequest request, Ranking ranking) {
        return ranking.answerCount() == 0
                || ranking.answerCount() == request.answers().size();
    }
}
