package io.alignstream.local.input;

import io.alignstream.contracts.Document;
import io.alignstream.local.input.file.InputException;
import java.util.function.Consumer;

/** Takes what a file is made of, element by element; for one thread. */
final class Elements {

    private final InputReport report;
    private final Consumer<Document> documents;

    Elements(InputReport report, Consumer<Document> documents) {
        this.report = report;
        this.documents = documents;
    }

    /** What {@code documents} threw: no fault of the file. */
    static final class TakerException extends RuntimeException {

        private static final long serialVersionUID = 1L;
        private final transient RuntimeException failure;

        TakerException(RuntimeException failure) {
            super(failure);
            this.failure = failure;
        }

        RuntimeException failure() {
            return failure;
        }
    }

    /** An element's text; a blank one is passed over. */
    void take(RawText text) {
        if (text.text().isBlank()) {
            passOver(InputReport.PassedOver.NO_TEXT);
            return;
        }
        report.take();
        for (Document document : text.documents()) {
            try {
                documents.accept(document);
            } catch (RuntimeException e) {
                throw new TakerException(e);
            }
        }
    }

    /** An element that holds no document. */
    void passOver(InputReport.PassedOver kind) {
        report.passOver(kind, 1);
    }

    /** A faulty element, the others are read on. */
    void setAside(InputException fault) {
        report.setAside(fault);
    }
}
