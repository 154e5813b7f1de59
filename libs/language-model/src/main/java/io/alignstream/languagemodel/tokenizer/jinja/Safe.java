package io.alignstream.languagemodel.tokenizer.jinja;

/**
 * Text that a template calls safe: what is added to it is escaped for HTML, and so is it, once more, where its safety gets
 * lost. Only adding, joining with {@code ~} and writing are known here.
 */
record Safe(MarkedText text) {

    private static MarkedText escaped(Object value) {
        if (value instanceof Safe safe) {
            return safe.text;
        }
        MarkedText text = Python.text(value);
        MarkedText.Builder out = new MarkedText.Builder();
        for (int at = 0; at < text.length(); at++) {
            String instead =
                    switch (text.value().charAt(at)) {
                        case '&' -> "&amp;";
                        case '<' -> "&lt;";
                        case '>' -> "&gt;";
                        case '"' -> "&#34;";
                        case '\'' -> "&#39;";
                        default -> "";
                    };
            if (instead.isEmpty()) {
                out.append(text.substring(at, at + 1));
            } else {
                out.append(instead, text.origins().charAt(at));
            }
        }
        return out.build();
    }

    /** Two operands of which one is safe, one behind the other. */
    static Safe joined(Object left, Object right) {
        return new Safe(escaped(left).plus(escaped(right)));
    }
}
