package io.alignstream.local.lessons.page;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * An axis of a chart.
 *
 * @param label HTML
 * @param logarithmic whether equal distances are equal ratios
 * @param least where it begins; above 0 if it is logarithmic
 * @param most where it ends, above {@code least}
 * @param ticks values that are named
 */
public record Axis(String label, boolean logarithmic, double least, double most, List<Double> ticks) {

    /** Of a number that is shown: small ones stay apart from each other and from 0. */
    private static final MathContext DIGITS = new MathContext(4);
    /** Where the ends of an axis are so many times apart, only powers of ten are named. */
    private static final double MANY = 60;

    public Axis {
        if (!(least < most) || (logarithmic && !(least > 0))) {
            throw new IllegalArgumentException("an axis cannot go from " + least + " to " + most);
        }
        ticks = List.copyOf(ticks);
    }

    /** An axis on which equal distances are equal differences, around all of {@code values}, with round ticks. */
    public static Axis linear(String label, double... values) {
        double low = DoubleStream.of(values).min().orElse(0);
        double high = DoubleStream.of(values).max().orElse(1);
        double range = high > low ? high - low : 1;
        double unit = Math.pow(10, Math.floor(Math.log10(range / 4)));
        double step = DoubleStream.of(1, 2, 5, 10)
                .map(factor -> factor * unit)
                .filter(one -> range / one <= 6)
                .findFirst()
                .orElse(10 * unit);
        long first = (long) Math.floor(low / step);
        long last = Math.max(first + 1, (long) Math.ceil(high / step));
        return new Axis(
                label,
                false,
                first * step,
                last * step,
                IntStream.rangeClosed((int) first, (int) last)
                        .mapToObj(i -> i * step)
                        .toList());
    }

    /** An axis on which equal distances are equal ratios, around all of {@code values}, with ticks at 1, 2 and 5, or 1 alone. */
    public static Axis logarithmic(String label, double... values) {
        double low = DoubleStream.of(values).min().orElse(1);
        double high = DoubleStream.of(values).max().orElse(10);
        List<Double> ticks = IntStream.rangeClosed((int) Math.floor(Math.log10(low)), (int) Math.ceil(Math.log10(high)))
                .boxed()
                .flatMap(power -> (high / low > MANY ? IntStream.of(1) : IntStream.of(1, 2, 5))
                        .mapToObj(factor -> factor * Math.pow(10, power)))
                .filter(tick -> tick >= low / 1.3 && tick <= high * 1.3)
                .toList();
        return new Axis(label, true, low / 1.4, high * 1.4, ticks);
    }

    /** Where {@code value} stands, 0 at the beginning and 1 at the end. */
    double place(double value) {
        return logarithmic ? Math.log(value / least) / Math.log(most / least) : (value - least) / (most - least);
    }

    /** {@code value} as it stands at a tick: 20 k rather than 20000. */
    static String shown(double value) {
        if (Math.abs(value) >= 1e6) {
            return plain(value / 1e6) + " M";
        }
        return Math.abs(value) >= 1e4 ? plain(value / 1e3) + " k" : plain(value);
    }

    private static String plain(double value) {
        return value == 0
                ? "0"
                : new BigDecimal(value, DIGITS).stripTrailingZeros().toPlainString();
    }
}
