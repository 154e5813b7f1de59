package io.alignstream.local.world;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Cards dealt in random order, shuffled anew each time all have been dealt, not thread-safe.
 *
 * <p>Unlike independent draws, every card comes up its exact share of times: frequencies that a model must reproduce
 * carry no sampling noise.
 */
final class Deck<T> {

    private final List<T> cards;
    private final SplittableRandom random;
    private int next;

    Deck(List<T> cards, SplittableRandom random) {
        this.cards = new ArrayList<>(cards);
        this.random = random;
        this.next = cards.size();
    }

    T draw() {
        if (next == cards.size()) {
            shuffle(cards, random);
            next = 0;
        }
        return cards.get(next++);
    }

    static <T> void shuffle(List<T> list, SplittableRandom random) {
        for (int i = list.size() - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            T held = list.get(i);
            list.set(i, list.get(j));
            list.set(j, held);
        }
    }

    static <T> T pick(List<T> list, SplittableRandom random) {
        return list.get(random.nextInt(list.size()));
    }
}
