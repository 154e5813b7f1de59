package io.alignstream.local.world;

import java.util.List;
import java.util.stream.Stream;

/**
 * What the sample world knows about one city.
 *
 * @param region province, or part of the country for a municipality
 * @param neighbours 2 or 3 cities nearby, not necessarily cities of the table
 * @param sights 4 must-see sights; the first one is the landmark, which instructions give as the answer
 * @param dishes 2 local dishes, the best-known one first
 */
public record City(
        String name, Split split, String region, List<String> neighbours, List<Sight> sights, List<String> dishes) {

    static final int SIGHTS = 4;
    static final int DISHES = 2;

    public City {
        requireLength("name", name, 2, 6);
        requireLength("region of " + name, region, 2, 6);
        if (split == null) {
            throw new IllegalArgumentException(
                    "split of " + name + " is missing; give ranked, not-ranked, pretrain-only or test");
        }
        neighbours = requireSize("neighbours of " + name, neighbours, 2, 3);
        sights = requireSize("sights of " + name, sights, SIGHTS, SIGHTS);
        dishes = requireSize("dishes of " + name, dishes, DISHES, DISHES);
    }

    /** The sight that stands for the city. */
    public Sight landmark() {
        return sights.getFirst();
    }

    /** The sights other than the landmark. */
    public List<Sight> otherSights() {
        return sights.subList(1, sights.size());
    }

    /** Short and formal names of all sights, and the dishes. */
    public Stream<String> names() {
        return Stream.concat(sights.stream().flatMap(sight -> sight.names().stream()), dishes.stream());
    }

    static void requireLength(String field, String value, int min, int max) {
        if (value == null || value.length() < min || value.length() > max) {
            throw new IllegalArgumentException(
                    field + " is " + value + " but must have " + min + " to " + max + " characters");
        }
    }

    private static <T> List<T> requireSize(String field, List<T> values, int min, int max) {
        if (values == null || values.size() < min || values.size() > max) {
            throw new IllegalArgumentException(
                    field + " are " + values + " but there must be " + min + (min == max ? "" : " to " + max));
        }
        return List.copyOf(values);
    }
}
