package io.alignstream.local.world;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The facts of the sample world, immutable.
 *
 * <p>Every name (city, sight, dish) is unique in the whole world, so an answer that equals a name says which fact is
 * meant. Answers are compared whole: that one name may be a part of another does not matter.
 *
 * @param cities in the table's order, which all generated events follow
 */
public record World(List<City> cities) {

    private static final JsonMapper JSON = new JsonMapper();

    public World {
        cities = List.copyOf(cities);
        Set<String> seen = new HashSet<>();
        cities.stream()
                .flatMap(city -> Stream.concat(Stream.of(city.name()), city.names()))
                .filter(name -> !seen.add(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new IllegalArgumentException(name + " stands twice in the world; every name must be unique");
                });
    }

    /** The table of facts that comes with the product. */
    public static World load() {
        return resource("travel-world.json", World.class);
    }

    /** The city called {@code name}. */
    public City city(String name) {
        return cities.stream()
                .filter(city -> city.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the world has no city " + name));
    }

    /** The cities of one of the {@code splits}, in the table's order. */
    public List<City> cities(Split... splits) {
        Set<Split> wanted = Set.of(splits);
        return cities.stream().filter(city -> wanted.contains(city.split())).toList();
    }

    static <T> T resource(String name, Class<T> type) {
        try (InputStream in = World.class.getResourceAsStream("/world/" + name)) {
            if (in == null) {
                throw new IllegalStateException("resource world/" + name + " is missing from the build");
            }
            return JSON.readValue(in, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("resource world/" + name + " is invalid: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
