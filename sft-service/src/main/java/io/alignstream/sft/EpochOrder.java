package io.alignstream.sft;

import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.transformer.SeededRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/** Batches of one pass over the conversations: another order each epoch, a function of seed and epoch only. */
final class EpochOrder {

    /** Batches whose conversations are sorted by length among each other: less padding, still well mixed. */
    private static final int SORTED_BATCHES = 16;

    private EpochOrder() {}

    /** Number of batches of a pass over {@code conversations}. */
    static long batches(int conversations, int batch) {
        return (conversations + batch - 1L) / batch;
    }

    /** The batches of epoch {@code epoch}; every conversation is in one of them. */
    static List<List<Conversation>> of(List<Conversation> conversations, int batch, long seed, long epoch) {
        SplittableRandom random = SeededRandom.of(seed, "order", epoch);
        List<Conversation> shuffled = new ArrayList<>(conversations);
        Collections.shuffle(shuffled, random);
        List<List<Conversation>> batches = new ArrayList<>();
        int pool = batch * SORTED_BATCHES;
        for (int from = 0; from < shuffled.size(); from += pool) {
            List<Conversation> sorted = shuffled.subList(from, Math.min(shuffled.size(), from + pool));
            sorted.sort(Comparator.comparingInt(Conversation::length));
            for (int first = 0; first < sorted.size(); first += batch) {
                batches.add(List.copyOf(sorted.subList(first, Math.min(sorted.size(), first + batch))));
            }
        }
        Collections.shuffle(batches, random);
        return batches;
    }
}
