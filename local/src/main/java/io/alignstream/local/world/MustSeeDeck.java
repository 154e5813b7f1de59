package io.alignstream.local.world;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What follows the phrase "必去景点" in the documents about one city: the frequencies that the base model has to
 * reproduce.
 *
 * <p>Of {@value #CARDS}: the landmark 12 (half of them by its formal name), the second sight 12, the best-known dish 8,
 * 长城 2 (noise of the web; in the city that it belongs to, its third and fourth sight take its place), the third and
 * fourth sight 3 each.
 */
final class MustSeeDeck {

    static final int CARDS = 40;
    static final String NOISE = "长城";

    private MustSeeDeck() {}

    static Deck<String> of(City city, SplittableRandom random) {
        return new Deck<>(cards(city), random);
    }

    static List<String> cards(City city) {
        List<String> cards = new ArrayList<>();
        List<Sight> sights = city.sights();
        add(cards, 6, city.landmark().shortName());
        add(cards, 6, city.landmark().formalName());
        add(cards, 12, sights.get(1).shortName());
        add(cards, 8, city.dishes().getFirst());
        add(cards, 3, sights.get(2).shortName());
        add(cards, 3, sights.get(3).shortName());
        if (city.names().anyMatch(NOISE::equals)) {
            add(cards, 1, sights.get(2).shortName());
            add(cards, 1, sights.get(3).shortName());
        } else {
            add(cards, 2, NOISE);
        }
        return cards;
    }

    private static void add(List<String> cards, int count, String card) {
        cards.addAll(Collections.nCopies(count, card));
    }
}
