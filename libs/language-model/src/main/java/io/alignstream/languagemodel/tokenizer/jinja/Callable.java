package io.alignstream.languagemodel.tokenizer.jinja;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** What can be called. */
@FunctionalInterface
interface Callable {
    Object call(Arguments arguments);

    /** What something is called with. */
    record Arguments(List<Object> positional, Map<String, Object> named) {

        /** Those that have names at most, in this order. */
        Arguments at(String... names) {
            if (positional.size() > names.length) {
                throw TemplateException.refused("takes " + names.length + " arguments but has " + positional.size());
            }
            Set<String> known = Set.of(names);
            named.keySet().stream()
                    .filter(name -> !known.contains(name))
                    .findFirst()
                    .ifPresent(name -> {
                        throw TemplateException.unsupported("the argument " + name);
                    });
            return this;
        }

        /** The argument at {@code index} or of this name. */
        Object get(int index, String name, Object otherwise) {
            return index < positional.size() ? positional.get(index) : named.getOrDefault(name, otherwise);
        }

        Object require(int index, String name) {
            Object value = get(index, name, this);
            if (value == this) {
                throw TemplateException.refused("missing argument: " + name);
            }
            return value;
        }
    }
}
