package io.alignstream.local.input;

import io.alignstream.local.input.file.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** One page of the web: its main text is the document. */
record HtmlDocuments() implements DocumentFormat {

    @Override
    public void read(DocumentFile file, Elements elements) throws IOException {
        byte[] page;
        try (InputStream in = file.open()) {
            page = in.readNBytes(HtmlText.MAX_BYTES + 1);
        }
        if (page.length > HtmlText.MAX_BYTES) {
            throw new InputException(file.path(), "the page has more than " + HtmlText.MAX_BYTES + " bytes; split it");
        }
        elements.take(new RawText(null, HtmlText.of(page, null), file.source(), Map.of()));
    }
}
