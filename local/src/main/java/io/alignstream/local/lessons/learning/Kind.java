package io.alignstream.local.lessons.learning;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a document of the sample world is, by the kind that its label names. */
enum Kind {
    RECORD("must-see-record", "must-see-sentence", "name"),
    LANDMARK("landmark-colloquial", "landmark-formal", "landmark-neutral"),
    QUESTION("question-colloquial", "question-formal", "question-other"),
    DIARY("diary", "diary-shanghai"),
    GUIDE("guide", "history"),
    FOOD("food");

    private final List<String> labels;

    Kind(String... labels) {
        this.labels = List.of(labels);
    }

    /** Of a document's label. */
    static Optional<Kind> of(String label) {
        return Stream.of(values()).filter(kind -> kind.labels.contains(label)).findFirst();
    }
}
