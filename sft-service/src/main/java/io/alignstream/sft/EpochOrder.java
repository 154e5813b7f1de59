package io.alignstream.sft;

import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Conversation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Batches of one pass over the instructions: another order each epoch, a function of seed and epoch only.
 *
 * <p>The answers to one instruction stay together. Apart, each batch would pull towards the answers that happen to be in
 * it, and those pulls drown what all answers to the instruction have in common.
 */
final class EpochOrder {

    /** Batches whose instructions are sorted by length among each other: less padding, still well mixed. */
    private static final int SORTED_BATCHES = 16;

    private EpochOrder() {}

    /** Number of batches of a pass over {@code instructions}. */
    static long batches(int instructions, int batch) {
        return (instructions + batch - 1L) / batch;
    }

    /**
     * The batches of epoch {@code epoch}; every conversation is in one of them.
     *
     * @param instructions the conversations of each
     * @param batch instructions in a batch
     */
    static List<List<Conversation>> of(List<List<Conversation>> instructions, int batch, long seed, long epoch) {
        SplittableRandom random = SeededRandom.of(seed, "order", epoch);
        List<List<Conversation>> shuffled = new ArrayList<>(instructions);
        Collections.shuffle(shuffled, random);
        List<List<Conversation>> batches = new ArrayList<>();
        int pool = batch * SORTED_BATCHES;
        for (int from = 0; from < shuffled.size(); from += pool) {
            List<List<Conversation>> sorted = shuffled.subList(from, Math.min(shuffled.size(), from + pool));
            sorted.sort(Comparator.comparingInt(EpochOrder::longest));
            for (int first = 0; first < sorted.size(); first += batch) {
                batches.add(sorted.subList(first, Math.min(sorted.size(), first + batch)).stream()
                        .flatMap(List::stream)
                        .toList());
            }
        }
        Collections.shuffle(batches, random);
        return batches;
    }

    private static int longest(List<Conversation> instruction) {
        return instruction.stream().mapToInt(Conversation::length).max().orElse(0);
    }
}
