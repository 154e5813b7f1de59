package io.alignstream.local.report;

import io.alignstream.contracts.Stage;
import io.alignstream.local.evaluation.Evaluation;
import io.alignstream.local.world.Annotator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The report as text for people. */
public final class Tables {

    private static final int SHOWN_ANSWERS = 5;

    private Tables() {}

    /** Lines of the stages' table. */
    public static List<String> stages(List<DemoReport.StageResult> stages) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("stage", "seconds", "amount", "per second", "sha256"));
        for (DemoReport.StageResult stage : stages) {
            String amount = stage.tokens() != null
                    ? "%,d tokens".formatted(stage.tokens())
                    : stage.episodes() != null ? "%,d %s".formatted(stage.episodes(), episodes(stage.stage())) : "";
            rows.add(List.of(
                    stage.stage(),
                    "%.1f".formatted(stage.seconds()),
                    amount,
                    stage.perSecond() == null ? "" : "%,.0f".formatted(stage.perSecond()),
                    stage.checkpoint().sha256().substring(0, 12)));
        }
        return align(rows);
    }

    private static String episodes(String stage) {
        return stage.equals(Stage.REWARD.id()) ? "rankings" : "episodes";
    }

    /** Lines of the samples' table, the most frequent answers in the last column. */
    public static List<String> samples(List<Evaluation.Samples> samples) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("stage", "prompt", "temperature", "samples", "in family", "answers"));
        for (Evaluation.Samples sampled : samples) {
            String answers = sampled.answers().entrySet().stream()
                    .limit(SHOWN_ANSWERS)
                    .map(answer -> answer.getKey() + " " + answer.getValue())
                    .collect(Collectors.joining(", "));
            int others = sampled.answers().size() - SHOWN_ANSWERS;
            rows.add(List.of(
                    sampled.stage(),
                    sampled.prompt(),
                    "%.1f".formatted(sampled.temperature()),
                    Integer.toString(sampled.count()),
                    Integer.toString(sampled.inFamily()),
                    others > 0 ? answers + " and " + others + " others" : answers));
        }
        return align(rows);
    }

    /** Lines of the association table, candidates as columns. */
    public static List<String> associations(List<Evaluation.Association> table) {
        List<List<String>> rows = new ArrayList<>();
        if (!table.isEmpty()) {
            List<String> head = new ArrayList<>(List.of("stage", "prompt"));
            head.addAll(table.getFirst().probabilities().keySet());
            rows.add(head);
        }
        for (Evaluation.Association association : table) {
            List<String> row = new ArrayList<>(List.of(association.stage(), association.prompt()));
            association.probabilities().values().forEach(p -> row.add("%.3f".formatted(p)));
            rows.add(row);
        }
        return align(rows);
    }

    /** Who judged, what of, and how far they agree. */
    public static List<String> annotation(DemoReport.Annotation annotation) {
        double careful = annotation.annotators().stream()
                .mapToDouble(Annotator::noise)
                .min()
                .orElse(0);
        double careless = annotation.annotators().stream()
                .mapToDouble(Annotator::noise)
                .max()
                .orElse(0);
        long tastes = annotation.annotators().stream()
                .filter(annotator -> annotator.taste() != Annotator.Taste.NONE)
                .count();
        return List.of(
                "  No person has ranked anything: %d simulated annotators have, who err by %.1f to %.1f points of 5; %d have a taste of their own."
                        .formatted(annotation.annotators().size(), careful, careless, tastes),
                "  The reward model was trained with %,d recorded rankings and %,d of answers that the SFT model sampled."
                        .formatted(annotation.recordedRankings(), annotation.sampledRankings()),
                "  On %,d requests that several have ranked they agree with α %s and W %s (1: perfectly; α 0: by chance)."
                        .formatted(
                                annotation.sharedRequests(),
                                figure(annotation.alpha()),
                                figure(annotation.concordance())));
    }

    private static String figure(@Nullable Double figure) {
        return figure == null ? "–" : "%.2f".formatted(figure);
    }

    /** Lines of the accuracy table. */
    public static List<String> splits(List<Evaluation.SplitFigures> splits) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "cities",
                "wordings",
                "prompts",
                "answer sft",
                "answer aligned",
                "style base",
                "style reward",
                "style sft",
                "style aligned"));
        for (Evaluation.SplitFigures split : splits) {
            rows.add(List.of(
                    split.split(),
                    split.newWordings() ? "new" : "known",
                    Integer.toString(split.prompts()),
                    share(split.answerAccuracy(), "sft"),
                    share(split.answerAccuracy(), "aligned"),
                    share(split.styleAccuracy(), "base"),
                    share(split.styleAccuracy(), "reward"),
                    share(split.styleAccuracy(), "sft"),
                    share(split.styleAccuracy(), "aligned")));
        }
        return align(rows);
    }

    private static String share(Map<String, Double> shares, String stage) {
        Double share = shares.get(stage);
        return share == null ? "" : "%.3f".formatted(share);
    }

    private static List<String> align(List<List<String>> rows) {
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder("  ");
            for (int column = 0; column < row.size(); column++) {
                int index = column;
                int width = rows.stream()
                        .mapToInt(other -> width(other.get(index)))
                        .max()
                        .orElse(0);
                line.append(row.get(column)).repeat(" ", width - width(row.get(column)) + 2);
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    /** Columns on a terminal: ideographs and full-width signs take two. */
    static int width(String text) {
        return text.codePoints()
                .map(c -> (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xFF60) || c >= 0x20000 ? 2 : 1)
                .sum();
    }
}
