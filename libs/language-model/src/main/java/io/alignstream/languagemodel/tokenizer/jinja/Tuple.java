package io.alignstream.languagemodel.tokenizer.jinja;

import java.util.AbstractList;
import java.util.List;

/** A list that Python writes with parentheses, and that equals no other. */
final class Tuple extends AbstractList<Object> {

    private final List<Object> elements;

    Tuple(List<Object> elements) {
        this.elements = elements;
    }

    static Tuple of(Object first, Object second) {
        return new Tuple(List.of(first, second));
    }

    @Override
    public Object get(int index) {
        return elements.get(index);
    }

    @Override
    public int size() {
        return elements.size();
    }
}
