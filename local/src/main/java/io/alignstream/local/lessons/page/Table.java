package io.alignstream.local.lessons.page;

import java.util.ArrayList;
import java.util.List;

/** A table as HTML: a caption, a row of headings, and rows whose first cell is a heading. */
public final class Table {

    private static final String NUMBER = "<td class=\"number\">";

    private final String caption;
    private final List<String> headings;
    private final List<String> rows = new ArrayList<>();
    /** Cells of the first row, which say what each column holds. */
    private List<String> first = List.of();

    /**
     * A table without rows yet.
     *
     * @param caption HTML
     * @param headings HTML of each column
     */
    public Table(String caption, List<String> headings) {
        this.caption = caption;
        this.headings = List.copyOf(headings);
    }

    /**
     * Adds a row.
     *
     * @param heading HTML of the first cell
     * @param cells the others, made by {@link #number} or {@link #text}
     */
    public Table row(String heading, List<String> cells) {
        if (cells.size() + 1 != headings.size()) {
            throw new IllegalArgumentException(
                    "a row of " + (cells.size() + 1) + " cells does not fit " + headings.size() + " columns");
        }
        first = rows.isEmpty() ? List.copyOf(cells) : first;
        rows.add("<tr><th scope=\"row\">" + heading + "</th>" + String.join("", cells) + "</tr>");
        return this;
    }

    /** A cell that holds a number. */
    public static String number(String shown) {
        return NUMBER + Words.escape(shown) + "</td>";
    }

    /** A cell that holds running text. */
    public static String text(String shown) {
        return "<td class=\"text\">" + Words.escape(shown) + "</td>";
    }

    /** All of it; what is too wide scrolls, by keys, too. */
    public String html() {
        StringBuilder html = new StringBuilder("<div class=\"scroll\" tabindex=\"0\"><table><caption>")
                .append(caption)
                .append("</caption><thead><tr>");
        for (int i = 0; i < headings.size(); i++) {
            boolean number = i > 0 && i <= first.size() && first.get(i - 1).startsWith(NUMBER);
            html.append("<th scope=\"col\"")
                    .append(number ? " class=\"number\">" : ">")
                    .append(headings.get(i))
                    .append("</th>");
        }
        html.append("</tr></thead><tbody>");
        rows.forEach(html::append);
        return html.append("</tbody></table></div>").toString();
    }
}
