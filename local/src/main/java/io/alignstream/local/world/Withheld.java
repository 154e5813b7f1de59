package io.alignstream.local.world;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Cities that no document, instruction, prompt or ranking of the sample world mentions, so that nothing made of it can know
 * them, and premises that its facts contradict. Immutable.
 *
 * @param cities with what would be right to answer
 * @param falsePremises questions that take {@code {sight}} to be in {@code {city}}
 */
public record Withheld(List<UnknownCity> cities, List<String> falsePremises) {

    public Withheld {
        cities = List.copyOf(cities);
        falsePremises = List.copyOf(falsePremises);
    }

    /** A city with its landmark. */
    public record UnknownCity(String name, String landmark) {}

    /** Those that come with the product. */
    public static Withheld load() {
        return World.resource("withheld.json", Withheld.class);
    }

    /** Every other city: what a model may be taught to say of cities that it does not know is taught with these. */
    public List<UnknownCity> taught() {
        return half(0);
    }

    /** The others: what a model says of cities that it does not know is measured with these alone. */
    public List<UnknownCity> asked() {
        return half(1);
    }

    private List<UnknownCity> half(int first) {
        return IntStream.range(0, cities.size())
                .filter(i -> i % 2 == first)
                .mapToObj(cities::get)
                .toList();
    }
}
