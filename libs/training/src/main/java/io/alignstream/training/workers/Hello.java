package io.alignstream.training.workers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Comparator;

/**
 * What a worker says first.
 *
 * @param led whether it has led the group before
 */
record Hello(Standing standing, boolean led) {

    /** The greatest leads: nothing has to be sent to it. */
    static final Comparator<Hello> ORDER = Comparator.comparing(Hello::standing).thenComparing(Hello::led);

    private static final JsonMapper JSON = JsonMapper.builder().build();

    String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static Hello of(String json) {
        try {
            return JSON.readValue(json, Hello.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a worker said " + json, e);
        }
    }
}
