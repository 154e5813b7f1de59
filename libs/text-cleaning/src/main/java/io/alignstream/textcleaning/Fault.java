package io.alignstream.textcleaning;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What did not pass a rule, as a name and figures: who shows it to people makes a sentence of it.
 *
 * @param name for example {@code words}
 * @param figures texts and numbers by name, for example {@code value} 12, {@code relation} &lt;, {@code bound} 50
 */
public record Fault(String name, Map<String, Object> figures) {

    public Fault {
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }

    static Fault of(String name) {
        return new Fault(name, Map.of());
    }

    Fault with(String figure, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(figures);
        more.put(figure, value);
        return new Fault(name, more);
    }
}
