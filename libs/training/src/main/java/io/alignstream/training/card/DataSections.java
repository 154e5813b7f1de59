package io.alignstream.training.card;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.card.ModelCard.Data;
import io.alignstream.training.card.Section.Block;
import io.alignstream.training.card.Section.Cell;
import io.alignstream.training.card.Section.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What a card says of data. */
final class DataSections {

    private static final Map<String, String> MASKED = Map.of(
            "email", "card.masked.email",
            "phone", "card.masked.phone",
            "id_card", "card.masked.idCard",
            "bank_card", "card.masked.bankCard",
            "ip_address", "card.masked.ipAddress");

    private static final int DATE = "2000-01-01".length();

    private DataSections() {}

    static List<Block> data(ModelCard card) {
        if (card.data().isEmpty()) {
            return List.of(Block.of(Reason.of("card.noData")));
        }
        List<List<Cell>> ranges = new ArrayList<>();
        List<List<Cell>> labels = new ArrayList<>();
        for (Data range : card.data()) {
            DataFacts facts = range.facts();
            ranges.add(facts == null ? unread(range) : read(range, facts));
            if (facts != null) {
                values(labels, range.topic(), "card.source", facts.sources());
                values(labels, range.topic(), "card.language", facts.languages());
                values(labels, range.topic(), "card.script", facts.scripts());
                values(labels, range.topic(), "card.licence", facts.licences());
            }
        }
        List<Block> blocks = new ArrayList<>();
        cutOff(card).forEach(said -> blocks.add(Block.of(said)));
        blocks.add(Block.of(new Table(
                List.of("card.model", "card.topic", "card.records", "card.published", "card.dates"), ranges)));
        if (!labels.isEmpty()) {
            blocks.add(Block.of(new Table(List.of("card.topic", "card.label", "card.value", "card.count"), labels)));
        }
        if (ModelCard.sum(facts(card).map(DataFacts::licences)).isEmpty()) {
            blocks.add(Block.of(Reason.of("card.noLicences")));
        }
        if (ModelCard.sum(facts(card).map(DataFacts::languages)).isEmpty()) {
            blocks.add(Block.of(Reason.of("card.noLanguages")));
        }
        return blocks;
    }

    private static Stream<DataFacts> facts(ModelCard card) {
        return card.data().stream().map(Data::facts).flatMap(Stream::ofNullable);
    }

    private static List<Reason> cutOff(ModelCard card) {
        String dated = card.newestDate();
        String published = card.lastPublished();
        if (published == null) {
            return List.of(Reason.of("card.cutOffUnknown"));
        }
        Reason received = Reason.of("card.cutOffPublished").with("when", published.substring(0, DATE));
        return List.of(
                received,
                dated == null
                        ? Reason.of("card.noDates")
                        : Reason.of("card.cutOffDated").with("date", dated));
    }

    private static List<Cell> unread(Data range) {
        return List.of(
                Cell.text(range.stage().model()),
                Cell.text(range.topic()),
                Cell.said(Reason.of("card.atMost").with("records", range.offsets())),
                range.problem() == null ? Cell.said("card.notCounted") : Cell.said(range.problem()),
                Cell.said("card.notKnown"));
    }

    private static List<Cell> read(Data range, DataFacts facts) {
        return List.of(
                Cell.text(range.stage().model()),
                Cell.text(range.topic()),
                facts.whole()
                        ? Cell.number(facts.records())
                        : Cell.said(Reason.of("card.beginning")
                                .with("records", facts.records())
                                .with("offsets", range.offsets())),
                facts.firstPublished() == null || facts.lastPublished() == null
                        ? Cell.said("card.notKnown")
                        : Cell.text(facts.firstPublished().substring(0, DATE) + " – "
                                + facts.lastPublished().substring(0, DATE)),
                facts.oldest() == null || facts.newest() == null
                        ? Cell.said("card.notStated")
                        : Cell.said(Reason.of("card.datedRange")
                                .with("oldest", facts.oldest())
                                .with("newest", facts.newest())
                                .with("dated", facts.dated())));
    }

    private static void values(List<List<Cell>> rows, String topic, String label, Tally tally) {
        tally.largest()
                .forEach((value, count) ->
                        rows.add(List.of(Cell.text(topic), Cell.said(label), Cell.text(value), Cell.number(count))));
        if (tally.others() > 0) {
            rows.add(List.of(
                    Cell.text(topic), Cell.said(label), Cell.said("lineage.others"), Cell.number(tally.others())));
        }
    }

    static List<Block> privacy(ModelCard card) {
        List<Block> blocks = new ArrayList<>();
        if (card.documents().isEmpty()) {
            blocks.add(Block.of(Reason.of("card.maskedUnknown")));
        } else {
            Tally masked = card.documents().get().masked();
            if (masked.sum() == 0) {
                blocks.add(Block.of(Reason.of("card.nothingMasked")));
            } else {
                List<List<Cell>> rows = new ArrayList<>();
                masked.largest()
                        .forEach((kind, count) -> rows.add(List.of(
                                MASKED.containsKey(kind) ? Cell.said(MASKED.get(kind)) : Cell.text(kind),
                                Cell.number(count))));
                blocks.add(Block.of(Reason.of("card.masked")));
                blocks.add(Block.of(new Table(List.of("card.maskedKind", "card.places"), rows)));
            }
        }
        blocks.add(Block.of(Reason.of("card.canary")));
        return blocks;
    }
}
