package io.alignstream.reward;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.JobContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Reads the frozen requests and rankings again: the newest of each key, rankings without their request left out. */
final class RankedDataset {

    private RankedDataset() {}

    /** The ranked requests in the order of the requests' first appearance. */
    static List<RankedAnswers> read(JobContext context, List<DatasetSnapshot> datasets, Tokenizer tokenizer) {
        SequencedMap<String, RankingRequest> requests = newest(context, Topic.RANKING_REQUESTS, datasets);
        SequencedMap<String, List<Ranking>> rankings = new LinkedHashMap<>();
        newest(context, Topic.RANKINGS, datasets).values().forEach(ranking -> rankings.computeIfAbsent(
                        ranking.requestId(), id -> new ArrayList<>())
                .add(ranking));
        List<RankedAnswers> ranked = new ArrayList<>();
        requests.forEach((id, request) -> {
            List<Ranking> fitting = rankings.getOrDefault(request.requestId(), List.of()).stream()
                    .filter(ranking ->
                            ranking.answerCount() == request.answers().size())
                    .toList();
            if (!fitting.isEmpty()) {
                ranked.add(RankedAnswers.of(tokenizer, request, fitting));
            }
        });
        return ranked;
    }

    private static <T> SequencedMap<String, T> newest(
            JobContext context, Topic<T> topic, List<DatasetSnapshot> datasets) {
        DatasetSnapshot snapshot = datasets.stream()
                .filter(dataset -> dataset.topic().equals(topic.name()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the run has no snapshot of topic " + topic));
        return context.readNewest(topic, snapshot);
    }
}
