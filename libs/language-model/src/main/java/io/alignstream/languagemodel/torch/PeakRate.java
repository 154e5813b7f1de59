package io.alignstream.languagemodel.torch;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this process's device can do at best, in floating point operations a second: what the utilisation of a training is
 * measured by.
 *
 * <p>Of a card that is known by name, what its maker publishes for dense matrices with fp32 sums; of a processor, or any other
 * card, what products of large matrices reach with the threads of this process, measured once in less than a second.
 * Thread-safe.
 */
public final class PeakRate {

    private static final Logger LOG = LoggerFactory.getLogger(PeakRate.class);
    /** Time that measuring may take, roughly. */
    private static final double SECONDS = 0.8;

    private static final double TERA = 1e12;
    private static final Map<Precision, Double> KNOWN = new ConcurrentHashMap<>();
    /** By what a card's name contains, the longer name first. */
    private static final SequencedMap<String, Published> CARDS = new LinkedHashMap<>();

    /** Operations a second in units of 10^12; fp32 without TF32. */
    private record Published(double float32, double bfloat16) {}

    static {
        CARDS.put("B200", new Published(75, 2_250));
        CARDS.put("H200", new Published(67, 989));
        CARDS.put("H100 PCIE", new Published(51, 756));
        CARDS.put("H100 NVL", new Published(60, 835));
        CARDS.put("H100", new Published(67, 989));
        CARDS.put("A100", new Published(19.5, 312));
        CARDS.put("L40S", new Published(91.6, 362));
        CARDS.put("RTX 4090", new Published(82.6, 165));
        CARDS.put("RTX 3090", new Published(35.6, 71));
    }

    private PeakRate() {}

    /** Floating point operations a second in {@code precision}; the first call for each measures, where nothing is published. */
    public static double flopsPerSecond(Precision precision) {
        return KNOWN.computeIfAbsent(precision, PeakRate::find);
    }

    private static double find(Precision precision) {
        Optional<Double> published = TorchRuntime.get().card().flatMap(card -> published(card.name(), precision));
        double found = published.orElseGet(() -> MatrixProducts.flopsPerSecondWithin(precision, SECONDS));
        LOG.atInfo()
                .addKeyValue("precision", precision.label())
                .addKeyValue("gigaflopsPerSecond", Math.round(found / 1e9))
                .addKeyValue("published", published.isPresent())
                .log("What this machine can do at best");
        return found;
    }

    /** What is published of a card; empty if it is not known. */
    static Optional<Double> published(String card, Precision precision) {
        String name = card.toUpperCase(Locale.ROOT);
        return CARDS.entrySet().stream()
                .filter(known -> name.contains(known.getKey()))
                .map(known -> TERA
                        * (precision == Precision.FLOAT32
                                ? known.getValue().float32()
                                : known.getValue().bfloat16()))
                .findFirst();
    }
}
