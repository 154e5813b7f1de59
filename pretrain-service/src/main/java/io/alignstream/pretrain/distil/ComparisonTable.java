package io.alignstream.pretrain.distil;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A comparison for people. */
final class ComparisonTable {

    private static final String ROW = "%-8s  %-8s  %12s  %9s  %11s  %10s  %9s  %9s  %12s  %12s";

    private ComparisonTable() {}

    /** A line for each model, and what the columns mean. */
    static List<String> lines(List<Comparison.Row> rows) {
        List<String> lines = new ArrayList<>();
        lines.add(ROW.formatted(
                "model",
                "weights",
                "parameters",
                "bits/byte",
                "answer loss",
                "KL teacher",
                "agreement",
                "MiB",
                "prefill tok/s",
                "decode tok/s"));
        for (Comparison.Row row : rows) {
            lines.add(ROW.formatted(
                            row.model(),
                            row.weights(),
                            String.format(Locale.ROOT, "%,d", row.parameters()),
                            figure("%.4f", row.bitsPerByte()),
                            figure("%.4f", row.answerLoss()),
                            figure("%.4f", row.teacherKl()),
                            figure("%.1f %%", row.agreement() == null ? null : 100 * row.agreement()),
                            figure("%.2f", row.bytes() / (double) (1 << 20)),
                            figure("%,.0f", row.prefill()),
                            figure("%,.0f", row.decode()))
                    .stripTrailing());
        }
        lines.add("");
        lines.add(
                "bits/byte: of held-out documents; answer loss: of held-out answers, nats a token; KL teacher and agreement:"
                        + " divergence from the teacher in fp32 in nats a token, and how often the most probable token is the same,"
                        + " on both; MiB: weights in memory; speed: one text alone, median of five. alone: the student's shape,"
                        + " rows and steps, learned without the teacher's probabilities.");
        return lines;
    }

    private static String figure(String format, @Nullable Double value) {
        return value == null ? "-" : String.format(Locale.ROOT, format, value);
    }
}
