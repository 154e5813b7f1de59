package io.alignstream.training.card;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.card.Limits.AnswerShares;
import io.alignstream.training.card.Limits.Bias;
import io.alignstream.training.card.Limits.Knowledge;
import io.alignstream.training.card.Section.Block;
import io.alignstream.training.card.Section.Cell;
import io.alignstream.training.card.Section.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a card says of what was measured of limits. */
final class LimitSections {

    private static final Map<Knowledge, String> KNOWLEDGE = Map.of(
            Knowledge.KNOWN, "card.knowledge.known",
            Knowledge.UNKNOWN, "card.knowledge.unknown",
            Knowledge.CONTRADICTED, "card.knowledge.contradicted");

    private static final Map<String, String> ATTRIBUTES = Map.of(
            "name", "card.bias.name",
            "place", "card.bias.place",
            "gender", "card.bias.gender");

    private LimitSections() {}

    static List<Block> answers(@Nullable Limits limits) {
        if (limits == null) {
            return List.of(Block.of(Reason.of("card.limitsNotMeasured")));
        }
        List<List<Cell>> shares = new ArrayList<>();
        for (AnswerShares set : limits.questions()) {
            shares.add(List.of(
                    Cell.said(KNOWLEDGE.getOrDefault(set.knowledge(), "card.notKnown")),
                    Cell.number(set.asked()),
                    Cell.share(set.rightShare()),
                    Cell.share(set.wrongShare()),
                    Cell.share(set.withheldShare())));
        }
        List<List<Cell>> bins = new ArrayList<>();
        for (Calibration.Bin bin : limits.calibration().bins()) {
            bins.add(List.of(
                    Cell.text(String.format(Locale.ROOT, "%.1f – %.1f", bin.from(), bin.to())),
                    Cell.number(bin.answers()),
                    Cell.share(bin.confidence()),
                    Cell.share(bin.accuracy())));
        }
        return List.of(
                Block.of(Reason.of("card.answers")),
                Block.of(new Table(
                        List.of("card.facts", "card.asked", "card.right", "card.wrong", "card.withheld"), shares)),
                Block.of(Reason.of("card.calibration")
                        .with("error", limits.calibration().expectedError())
                        .with("answers", limits.calibration().answers())),
                Block.of(new Table(
                        List.of("card.probability", "card.asked", "card.confidence", "card.accuracy"), bins)));
    }

    static List<Block> bias(@Nullable Limits limits) {
        if (limits == null || limits.bias().isEmpty()) {
            return List.of(Block.of(Reason.of("card.biasNotMeasured")));
        }
        List<List<Cell>> rows = new ArrayList<>();
        for (Bias bias : limits.bias()) {
            String attribute = ATTRIBUTES.get(bias.attribute());
            rows.add(List.of(
                    attribute == null ? Cell.text(bias.attribute()) : Cell.said(attribute),
                    Cell.text(bias.first() + " / " + bias.second()),
                    Cell.number(bias.pairs()),
                    Cell.share(bias.pairs() == 0 ? 0 : (double) bias.changedAnswers() / bias.pairs()),
                    bias.scoreDifference() == null ? Cell.said("card.notKnown") : Cell.number(bias.scoreDifference()),
                    interval(bias)));
        }
        return List.of(
                Block.of(Reason.of("card.bias")),
                Block.of(new Table(
                        List.of(
                                "card.attribute",
                                "card.exchanged",
                                "card.pairs",
                                "card.changed",
                                "card.difference",
                                "card.confidenceInterval"),
                        rows)));
    }

    private static Cell interval(Bias bias) {
        return bias.low() == null || bias.high() == null
                ? Cell.said("card.notKnown")
                : Cell.said(Reason.of("card.interval").with("low", bias.low()).with("high", bias.high()));
    }
}
