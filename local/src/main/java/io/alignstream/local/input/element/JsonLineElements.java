package io.alignstream.local.input.element;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputJson;
import io.alignstream.local.input.file.LineReader;
import java.nio.file.Path;

/** A JSON object a line; blank lines are skipped. */
record JsonLineElements() implements ElementFile.Kind {

    @Override
    public void read(Path file, ElementFile.Taker taker) {
        try (LineReader lines = LineReader.open(file)) {
            String line;
            while ((line = lines.next(taker::setAside)) != null) {
                if (!line.isBlank()) {
                    give(file, "line " + lines.lineNumber(), line, taker);
                }
            }
        }
    }

    /** Gives {@code taker} the element that is {@code text}, or what is wrong with it. */
    static void give(Path file, String place, String text, ElementFile.Taker taker) {
        ObjectNode element;
        try {
            element = InputJson.object(file, place, text);
        } catch (InputException e) {
            taker.setAside(e);
            return;
        }
        taker.take(place, element);
    }
}
