package io.alignstream.sft;

import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Conversation;
import java.util.List;
import java.util.Map;

/**
 * What a model makes of held-out conversations.
 *
 * @param loss mean cross-entropy in nats over the learned tokens
 * @param accuracy share of the learned tokens that the model holds for the most probable
 * @param answers share of the conversations of which that holds for every learned token
 */
record SftEvaluation(double loss, double accuracy, double answers) {

    /**
     * Measures {@code model}.
     *
     * @param conversations one at least
     * @param batch conversations at a time
     */
    static SftEvaluation of(Transformer model, List<Conversation> conversations, int batch) {
        double nats = 0;
        long targets = 0;
        long hits = 0;
        long answers = 0;
        for (int from = 0; from < conversations.size(); from += batch) {
            List<Conversation> part = conversations.subList(from, Math.min(conversations.size(), from + batch));
            Sequences scored = Sequences.of(
                    part.stream().map(Conversation::ids).toList(),
                    part.stream().map(Conversation::learned).toList());
            nats += model.meanLoss(scored) * scored.targetCount();
            boolean[][] hit = model.hits(scored);
            for (int row = 0; row < hit.length; row++) {
                long wanted = 0;
                long found = 0;
                for (int t = 0; t < hit[row].length; t++) {
                    wanted += scored.targets()[row * scored.time() + t] >= 0 ? 1 : 0;
                    found += hit[row][t] ? 1 : 0;
                }
                targets += wanted;
                hits += found;
                answers += wanted == found ? 1 : 0;
            }
        }
        return new SftEvaluation(nats / targets, (double) hits / targets, (double) answers / conversations.size());
    }

    /** Under the names of the charts. */
    Map<String, Double> metrics() {
        return Map.of("validationLoss", loss, "validationAccuracy", accuracy, "validationAnswers", answers);
    }
}
