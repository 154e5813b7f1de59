package io.alignstream.local.input;

import io.alignstream.contracts.Document;
import io.alignstream.local.input.file.LineReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Plain text: a small file is one document, a large one a document for each block between blank lines. */
record TextDocuments() implements DocumentFormat {

    /** A file with more characters than this is read block by block. */
    static final int WHOLE_FILE_CHARACTERS = 65_536;

    @Override
    public void read(DocumentFile file, Elements elements) {
        try (LineReader lines = file.lines()) {
            if (file.heldOut().lastShare() > 0) {
                readRunningText(file, lines, elements);
            } else {
                readBlocks(lines, splitter(file, Map.of(), elements));
            }
        }
    }

    private static void readBlocks(LineReader lines, TextSplitter texts) {
        // Whether the file is one document shows only at its end or once it is too long: keep its lines until then.
        List<String> head = new ArrayList<>();
        long characters = 0;
        String line;
        while (characters <= WHOLE_FILE_CHARACTERS && (line = lines.next()) != null) {
            head.add(line);
            characters += line.length() + 1L;
        }
        boolean whole = characters <= WHOLE_FILE_CHARACTERS;
        head.forEach(kept -> addLine(texts, kept, whole));
        while ((line = lines.next()) != null) {
            addLine(texts, line, false);
        }
        texts.end();
    }

    private static void addLine(TextSplitter texts, String line, boolean whole) {
        if (!whole && line.isBlank()) {
            texts.end();
        } else {
            texts.line(line);
        }
    }

    /** The file as one running text, of which the first part is for training and the last for validation. */
    private static void readRunningText(DocumentFile file, LineReader lines, Elements elements) {
        long training = file.heldOut().trainingCharacters(file.path(), file.repair());
        long characters = 0;
        String line = lines.next();
        TextSplitter texts = splitter(file, LastPart.TRAINING, elements);
        boolean validation = false;
        while (line != null) {
            long left = training - characters;
            characters += line.length() + 1L;
            if (!validation && line.length() >= left) {
                int cut = (int) left;
                if (cut > 0 && cut < line.length() && Character.isLowSurrogate(line.charAt(cut))) {
                    cut--;
                }
                texts.line(line.substring(0, cut));
                texts.end();
                texts = splitter(file, LastPart.VALIDATION, elements);
                line = line.substring(cut);
                validation = true;
            }
            texts.line(line);
            line = lines.next();
        }
        texts.end();
    }

    private static TextSplitter splitter(DocumentFile file, Map<String, String> labels, Elements elements) {
        return new TextSplitter(
                Document.MAX_TEXT, text -> elements.take(new RawText(null, text, file.source(), labels)));
    }
}
