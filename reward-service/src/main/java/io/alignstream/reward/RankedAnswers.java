package io.alignstream.reward;

import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * A ranking request with what its annotators said, as token ids and pairs.
 *
 * @param place of the prompt, for the held-out split; below 0 if a person has held it out
 * @param prompt token ids up to the assistant's token
 * @param answers K rows of prompt and answer ids, end of turn included
 * @param pairs every pair of answers of every annotator; the weights sum to 1, so that one request counts once
 */
record RankedAnswers(double place, int[] prompt, List<int[]> answers, List<Pair> pairs) {

    /**
     * Two answers as one annotator sees them.
     *
     * @param better index of the better answer
     * @param worse index of the other one
     * @param gap difference of their scores, 0 or more; 0 without scores
     * @param tied whether both stand in one group of the ranking
     */
    record Pair(int better, int worse, double gap, double weight, boolean tied) {}

    /** The request with its rankings, one or more, each of as many answers as the request has. */
    static RankedAnswers of(Tokenizer tokenizer, RankingRequest request, List<Ranking> rankings) {
        List<int[]> answers = request.answers().stream()
                .map(answer -> ChatTemplate.conversation(tokenizer, request.messages(), answer)
                        .ids())
                .toList();
        int k = answers.size();
        double weight = 2.0 / (k * (k - 1.0) * rankings.size());
        List<Pair> pairs = new ArrayList<>();
        rankings.forEach(ranking -> addPairs(pairs, ranking, weight));
        return new RankedAnswers(
                HeldOut.isTagged(request.tags()) ? -1 : HeldOut.place(request.messages()),
                ChatTemplate.prompt(tokenizer, request.messages()),
                answers,
                pairs);
    }

    private static void addPairs(List<Pair> pairs, Ranking ranking, double weight) {
        for (int group = 0; group < ranking.order().size(); group++) {
            List<Integer> equals = ranking.order().get(group);
            for (int i = 0; i < equals.size(); i++) {
                int better = equals.get(i);
                equals.subList(i + 1, equals.size())
                        .forEach(tied -> pairs.add(new Pair(better, tied, 0, weight, true)));
                ranking.order().subList(group + 1, ranking.order().size()).stream()
                        .flatMap(List::stream)
                        .forEach(worse -> pairs.add(
                                new Pair(better, worse, gap(ranking.scores(), better, worse), weight, false)));
            }
        }
    }

    /** Scores that contradict the order give no margin: the order is what the annotator decided last. */
    private static double gap(List<Double> scores, int better, int worse) {
        return scores.isEmpty() ? 0 : Math.max(0, scores.get(better) - scores.get(worse));
    }

    /** Tokens of the longest row. */
    int longest() {
        return answers.stream().mapToInt(row -> row.length).max().orElse(0);
    }

    /** Whether the prompt belongs to the held-out {@code share}. */
    boolean heldOut(double share) {
        return place < share;
    }
}
