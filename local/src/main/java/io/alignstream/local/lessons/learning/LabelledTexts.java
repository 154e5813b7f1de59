package io.alignstream.local.lessons.learning;

import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Documents of the sample world with what they are; no text stands twice.
 *
 * @param texts one document an entry
 * @param labels ordinals of {@link Kind}
 */
record LabelledTexts(List<String> texts, int[] labels) {

    LabelledTexts {
        texts = List.copyOf(texts);
    }

    /** The first {@code count} different ones. */
    static LabelledTexts of(int count, long seed) {
        Set<String> seen = new HashSet<>();
        List<String> texts = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        new WorldGenerator(World.load(), seed)
                .documents(3 * count)
                .filter(document -> !document.text().isBlank())
                .forEachOrdered(document -> {
                    Optional<Kind> kind = Kind.of(document.labels().getOrDefault("kind", ""));
                    if (texts.size() < count && kind.isPresent() && seen.add(document.text())) {
                        texts.add(document.text());
                        labels.add(kind.get().ordinal());
                    }
                });
        return new LabelledTexts(texts, labels.stream().mapToInt(label -> label).toArray());
    }

    int size() {
        return texts.size();
    }
}
