package io.alignstream.training.card;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.card.ModelCard.Run;
import io.alignstream.training.card.Section.Block;
import io.alignstream.training.card.Section.Cell;
import io.alignstream.training.card.Section.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** A card in the order in which people read it. */
public final class CardSections {

    private static final double SECONDS_AN_HOUR = 3600;
    private static final List<String> PROPERTY_VALUE = List.of("card.property", "card.value");
    private static final List<String> FIGURE_VALUE = List.of("card.figure", "card.value");

    private CardSections() {}

    /** Everything that {@code card} says. */
    public static List<Section> of(ModelCard card) {
        return List.of(
                new Section("card.section.model", model(card)),
                new Section("card.section.data", DataSections.data(card)),
                new Section("card.section.privacy", DataSections.privacy(card)),
                new Section("card.section.training", training(card)),
                new Section("card.section.gate", gate(card)),
                new Section("card.section.safety", safety(card)),
                new Section("card.section.limits", LimitSections.answers(card.limits())),
                new Section("card.section.bias", LimitSections.bias(card.limits())),
                new Section("card.section.carbon", carbon(card.carbon())));
    }

    private static List<Block> model(ModelCard card) {
        List<List<Cell>> rows = new ArrayList<>();
        row(rows, "card.name", Cell.text(card.name()));
        row(rows, "card.run", Cell.text(card.stage().id() + "/" + card.run()));
        row(rows, "card.sha256", Cell.text(card.sha256()));
        row(rows, "card.licence", card.licence() == null ? Cell.said("card.notStated") : Cell.text(card.licence()));
        row(
                rows,
                "card.madeFrom",
                card.imported() == null
                        ? Cell.said("card.madeFromNothing")
                        : Cell.said(Reason.of("card.madeFromOthers").with("family", card.imported())));
        ModelCard.Size size = card.size();
        if (size == null) {
            row(rows, "card.size", Cell.said("card.notKnown"));
        } else {
            row(rows, "card.architecture", Cell.text(size.architecture()));
            row(rows, "card.parameters", Cell.number(size.parameters()));
            row(rows, "card.layers", Cell.number(size.layers()));
            row(rows, "card.width", Cell.number(size.width()));
            row(rows, "card.heads", Cell.number(size.heads()));
            row(rows, "card.positions", Cell.number(size.positions()));
            row(rows, "card.vocabulary", Cell.number(size.vocabulary()));
        }
        row(rows, "card.bytes", Cell.number(card.bytes()));
        return List.of(Block.of(Reason.of("card.about")), Block.of(new Table(PROPERTY_VALUE, rows)));
    }

    private static void row(List<List<Cell>> rows, String property, Cell value) {
        rows.add(List.of(Cell.said(property), value));
    }

    private static List<Block> training(ModelCard card) {
        List<List<Cell>> runs = new ArrayList<>();
        List<List<Cell>> figures = new ArrayList<>();
        for (Run run : card.runs()) {
            runs.add(List.of(
                    Cell.text(run.stage().model()),
                    Cell.orNotKnown(run.run()),
                    run.problem() == null ? Cell.number(run.steps()) : Cell.said(run.problem()),
                    run.effort() == null
                            ? Cell.said("card.notKnown")
                            : Cell.number(run.effort().seconds() / SECONDS_AN_HOUR),
                    Cell.orNotKnown(run.machine())));
            run.figures()
                    .forEach((name, value) -> figures.add(
                            List.of(Cell.text(run.stage().model()), Cell.figure(name), Cell.number(value))));
        }
        List<Block> blocks = new ArrayList<>();
        blocks.add(Block.of(
                new Table(List.of("card.model", "card.run", "card.steps", "card.hours", "card.machine"), runs)));
        if (!figures.isEmpty()) {
            blocks.add(Block.of(new Table(List.of("card.model", "card.figure", "card.value"), figures)));
        }
        return blocks;
    }

    private static List<Block> gate(ModelCard card) {
        ModelCard.Release release = card.release();
        if (release == null) {
            return List.of(Block.of(Reason.of("card.noRelease")));
        }
        Reason verdict = Reason.of("verdict." + release.verdict().id());
        Reason decided = release.decidedBy() == null
                ? Reason.of("card.decidedByGate").with("verdict", verdict).with("why", release.reason())
                : Reason.of("card.decidedByPerson")
                        .with("verdict", verdict)
                        .with("name", release.decidedBy())
                        .with("why", release.reason());
        List<Block> blocks = new ArrayList<>(List.of(Block.of(decided)));
        if (!release.gate().isEmpty()) {
            blocks.add(figures(release.gate()));
        }
        return blocks;
    }

    private static List<Block> safety(ModelCard card) {
        ModelCard.Release release = card.release();
        return release == null || release.safety().isEmpty()
                ? List.of(Block.of(Reason.of("card.noSafety")))
                : List.of(Block.of(Reason.of("card.safety")), figures(release.safety()));
    }

    private static Block figures(SortedMap<String, Double> figures) {
        List<List<Cell>> rows = new ArrayList<>();
        for (Map.Entry<String, Double> figure : figures.entrySet()) {
            rows.add(List.of(Cell.figure(figure.getKey()), Cell.number(figure.getValue())));
        }
        return Block.of(new Table(FIGURE_VALUE, rows));
    }

    private static List<Block> carbon(@Nullable CarbonEstimate carbon) {
        if (carbon == null) {
            return List.of(Block.of(Reason.of("card.noHours")));
        }
        List<List<Cell>> rows = new ArrayList<>();
        row(rows, "card.hours", Cell.number(carbon.hours()));
        row(rows, "card.processorHours", Cell.number(carbon.processorHours()));
        row(rows, "card.cardHours", Cell.number(carbon.cardHours()));
        row(rows, "card.energy", Cell.number(carbon.kilowattHours()));
        row(rows, "card.emissions", Cell.number(carbon.kilograms()));
        CarbonEstimate.Assumptions assumed = carbon.assumptions();
        Reason how = carbon.metered()
                ? Reason.of("card.energyMetered").with("grams", assumed.gramsPerKilowattHour())
                : Reason.of("card.energyAssumed")
                        .with("watts", assumed.watts())
                        .with("cardWatts", assumed.cardWatts())
                        .with("grams", assumed.gramsPerKilowattHour());
        return List.of(Block.of(how), Block.of(new Table(PROPERTY_VALUE, rows)));
    }
}
