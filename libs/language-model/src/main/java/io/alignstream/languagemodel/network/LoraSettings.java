package io.alignstream.languagemodel.network;

import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeSet;

/**
 * What is adapted and how (Hu et al., arXiv 2106.09685).
 *
 * @param rank inner size of an adapter, 1 or more
 * @param alpha an adapter's product is multiplied by {@code alpha / rank}
 * @param targets projections with an adapter in every block, of {@link #PROJECTIONS}
 * @param tokens ids whose rows of the embedding (and of the output projection) are trained, too, sorted; a model that
 *     never saw a control token learns nothing of it from adapters alone
 * @param lowestBlock first block with adapters, from 0
 */
public record LoraSettings(
        int rank, double alpha, SequencedSet<String> targets, List<Integer> tokens, int lowestBlock) {

    /** Every projection of a block. */
    public static final List<String> PROJECTIONS =
            List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");

    private static final int MAX_RANK = 4_096;

    public LoraSettings {
        if (rank < 1 || rank > MAX_RANK || !(alpha > 0) || !Double.isFinite(alpha)) {
            throw new IllegalArgumentException(
                    "rank " + rank + " must lie between 1 and " + MAX_RANK + ", alpha " + alpha + " must be positive");
        }
        targets = new TreeSet<>(targets);
        if (targets.isEmpty() || !PROJECTIONS.containsAll(targets)) {
            throw new IllegalArgumentException("targets " + targets + " must be some of " + PROJECTIONS);
        }
        tokens = tokens.stream().sorted().distinct().toList();
        if (lowestBlock < 0 || (lowestBlock > 0 && !tokens.isEmpty())) {
            throw new IllegalArgumentException("adapters begin at block " + lowestBlock + " and train tokens " + tokens
                    + ": embeddings learn with all blocks only");
        }
    }

    /** Adapters in every block. */
    public LoraSettings(int rank, double alpha, SequencedSet<String> targets, List<Integer> tokens) {
        this(rank, alpha, targets, tokens, 0);
    }

    /** The same in the last {@code share} of {@code layers} blocks, rounded up. */
    public LoraSettings inUpper(double share, int layers) {
        return new LoraSettings(rank, alpha, targets, tokens, layers - (int) Math.ceil(share * layers));
    }

    /**
     * What a run with these hyperparameters trained, but for the tokens; empty if it trained no adapters.
     *
     * @throws IllegalArgumentException if they say no such thing
     */
    public static Optional<LoraSettings> of(Map<String, String> hyperparameters) {
        String rank = hyperparameters.get("lora.rank");
        if (rank == null) {
            return Optional.empty();
        }
        return Optional.of(new LoraSettings(
                Integer.parseInt(rank),
                Double.parseDouble(hyperparameters.getOrDefault("lora.alpha", "")),
                new TreeSet<>(
                        List.of(hyperparameters.getOrDefault("lora.targets", "").split(","))),
                List.of()));
    }

    /** Adds what {@link #of} reads to a run's hyperparameters. */
    public void addTo(Map<String, String> hyperparameters) {
        hyperparameters.put("lora.rank", Integer.toString(rank));
        hyperparameters.put("lora.alpha", Double.toString(alpha));
        hyperparameters.put("lora.targets", String.join(",", targets));
    }

    /** The same that trains the rows of {@code tokens}, too. */
    public LoraSettings training(List<Integer> tokens) {
        return new LoraSettings(rank, alpha, targets, tokens, lowestBlock);
    }

    /** The tokens that structure a chat, for {@code tokens}. */
    public static List<Integer> chatTokens(Tokenizer tokenizer) {
        return List.of(tokenizer.system(), tokenizer.user(), tokenizer.assistant(), tokenizer.endOfTurn());
    }

    /** Factor of an adapter's product. */
    public double scale() {
        return alpha / rank;
    }

    /** Whether the weight called {@code name} has an adapter. */
    boolean targets(String name) {
        return name.endsWith(".weight")
                && Weights.block(name) >= lowestBlock
                && targets.contains(name.substring(name.lastIndexOf('.', name.length() - 8) + 1, name.length() - 7));
    }
}
