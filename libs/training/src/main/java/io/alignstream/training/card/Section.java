package io.alignstream.training.card;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a card as people read it, in no language yet: what {@link MarkdownCard} and the page both show. Immutable.
 *
 * @param title code of the heading
 */
public record Section(String title, List<Block> blocks) {

    public Section {
        blocks = List.copyOf(blocks);
    }

    /** A sentence, or a table; the other one is null. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Block(@Nullable Reason said, @Nullable Table table) {

        static Block of(Reason said) {
            return new Block(said, null);
        }

        static Block of(Table table) {
            return new Block(null, table);
        }
    }

    /**
     * Rows with as many cells as there are headings.
     *
     * @param head codes of the columns
     */
    public record Table(List<String> head, List<List<Cell>> rows) {
        public Table {
            head = List.copyOf(head);
            rows = rows.stream().map(List::copyOf).toList();
            for (List<Cell> row : rows) {
                if (row.size() != head.size()) {
                    throw new IllegalArgumentException(
                            "a row has " + row.size() + " cells below " + head.size() + " headings: " + row);
                }
            }
        }
    }

    /**
     * One of these; the others are null.
     *
     * @param text as somebody has written it, in any language
     * @param number any number
     * @param share a number from 0 to 1, shown as a percentage
     * @param said a sentence or a word of the catalogues
     * @param figure name of a run's figure, which has a name and perhaps an explanation in the catalogues
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Cell(
            @Nullable String text,
            @Nullable Double number,
            @Nullable Double share,
            @Nullable Reason said,
            @Nullable String figure) {

        static Cell text(String text) {
            return new Cell(text, null, null, null, null);
        }

        static Cell number(double number) {
            return new Cell(null, number, null, null, null);
        }

        static Cell share(double share) {
            return new Cell(null, null, share, null, null);
        }

        static Cell said(Reason said) {
            return new Cell(null, null, null, said, null);
        }

        static Cell said(String code) {
            return said(Reason.of(code));
        }

        static Cell figure(String name) {
            return new Cell(null, null, null, null, name);
        }

        /** What is not known is said to be so. */
        static Cell orNotKnown(@Nullable String text) {
            return text == null ? said("card.notKnown") : text(text);
        }
    }
}
