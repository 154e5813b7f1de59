package io.alignstream.local.world;

import java.util.List;

/**
 * A must-see place of a city.
 *
 * @param shortName the name people say, 2 to 6 characters
 * @param formalName the full name people write, 4 to 14 characters
 */
public record Sight(String shortName, String formalName) {

    public Sight {
        City.requireLength("shortName", shortName, 2, 6);
        City.requireLength("formalName", formalName, 4, 14);
        if (shortName.equals(formalName)) {
            throw new IllegalArgumentException(
                    "shortName and formalName are both " + shortName + "; style could not be told from them");
        }
    }

    /** Both names, the formal one first. */
    public List<String> names() {
        return List.of(formalName, shortName);
    }
}
