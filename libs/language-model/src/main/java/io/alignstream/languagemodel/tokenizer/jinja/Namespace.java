package io.alignstream.languagemodel.tokenizer.jinja;

import java.util.HashMap;
import java.util.Map;

/** Names that live longer than the loop in which they are set, and what else has attributes only. */
record Namespace(Map<String, Object> attributes) {

    static Namespace of(Map<String, Object> attributes) {
        return new Namespace(new HashMap<>(attributes));
    }

    Object get(String name) {
        return attributes.getOrDefault(name, Absent.UNDEFINED);
    }
}
