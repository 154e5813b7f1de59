package io.alignstream.reward.desk;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.languagemodel.random.SeededRandom;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A request as one annotator sees it.
 *
 * @param answers the different ones, in an order that is this annotator's and stays the same
 * @param tags what is known about the prompt and is no secret
 * @param draft what the annotator has done with it before
 * @param guideline version of what is to be followed
 * @param remaining requests that wait for the annotator, this one counted
 * @param progress towards the next training
 * @param leaseSeconds for how long it is kept for the annotator from the last sign of life on
 */
public record Question(
        String requestId,
        List<Message> messages,
        List<Answer> answers,
        Map<String, String> tags,
        Optional<Draft> draft,
        String guideline,
        int remaining,
        RankingDesk.Progress progress,
        long leaseSeconds) {

    /** The tag of a {@link RankingRequest} with the indexes of answers that the limit cut off, for example {@code 2 3}. */
    public static final String TRUNCATED = RankingRequest.TRUNCATED;

    /** Tags that say something about the answers, or that the request is gold. */
    private static final Set<String> SECRET = Set.of(TRUNCATED, RankingRequest.GOLD);

    public Question {
        messages = List.copyOf(messages);
        answers = List.copyOf(answers);
        tags = Map.copyOf(tags);
    }

    /**
     * One of the different answers.
     *
     * @param indexes of all answers of the request that are this one
     * @param truncated whether the model was cut off by the limit
     */
    public record Answer(List<Integer> indexes, String text, boolean truncated) {

        public Answer {
            indexes = List.copyOf(indexes);
        }
    }

    /** What {@code annotator}, who has been given {@code request}, is shown of it. */
    public static Question of(RankingRequest request, String annotator, RankingDesk desk, Guidelines guidelines) {
        List<List<Integer>> groups = DistinctAnswers.of(request.answers()).groups();
        Set<String> truncated =
                Set.copyOf(List.of(request.tags().getOrDefault(TRUNCATED, "").split(" ")));
        Map<String, String> tags = new HashMap<>(request.tags());
        tags.keySet().removeAll(SECRET);
        // Who sees the answers in another order than others does not share their inclination to the first one.
        int[] order = SeededRandom.permutation(
                groups.size(), SeededRandom.of(0, "order " + request.requestId() + "/" + annotator, 0));
        List<Answer> answers = Arrays.stream(order)
                .mapToObj(groups::get)
                .map(indexes -> new Answer(
                        indexes,
                        request.answers().get(indexes.getFirst()),
                        truncated.contains(indexes.getFirst().toString())))
                .toList();
        return new Question(
                request.requestId(),
                request.messages(),
                answers,
                tags,
                desk.draft(request.requestId(), annotator),
                guidelines.version(),
                desk.remaining(annotator),
                desk.blindProgress(),
                desk.lease().toSeconds());
    }
}
