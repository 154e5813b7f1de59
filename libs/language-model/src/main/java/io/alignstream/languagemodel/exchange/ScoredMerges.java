package io.alignstream.languagemodel.exchange;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The merges of a SentencePiece vocabulary, which has scores instead: of all neighbours that make a token together, those
 * whose token has the highest score are merged first.
 */
final class ScoredMerges {

    private ScoredMerges() {}

    /**
     * Each merge as two tokens with a blank between, in the order of Hugging Face's files: by score, then by id of the
     * token that is made, then by the ids that make it.
     *
     * @param ids the tokens that text can become, by name, and their ids
     * @param scores by id
     */
    static List<String> of(Map<String, Integer> ids, List<Double> scores) {
        List<Map.Entry<String, Integer>> tokens = new ArrayList<>(ids.entrySet());
        tokens.sort(Comparator.comparingDouble((Map.Entry<String, Integer> token) -> -scores.get(token.getValue()))
                .thenComparing(Map.Entry::getValue));
        List<String> merges = new ArrayList<>();
        for (Map.Entry<String, Integer> token : tokens) {
            String name = token.getKey();
            List<Integer> cuts = new ArrayList<>();
            for (int cut = name.offsetByCodePoints(0, 1); cut < name.length(); cut = name.offsetByCodePoints(cut, 1)) {
                if (ids.containsKey(name.substring(0, cut)) && ids.containsKey(name.substring(cut))) {
                    cuts.add(cut);
                }
            }
            cuts.sort(Comparator.comparingInt(cut -> Objects.requireNonNull(ids.get(name.substring(0, cut)))));
            cuts.forEach(cut -> merges.add(name.substring(0, cut) + " " + name.substring(cut)));
        }
        return merges;
    }
}
