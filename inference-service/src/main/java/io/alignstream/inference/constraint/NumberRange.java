package io.alignstream.inference.constraint;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers from {@code least} to {@code most} as JSON writes them, digit by digit. Both are of {@value #DIGITS} digits at most
 * before the point.
 *
 * @param withLeast whether the least is one of them
 * @param withMost whether the greatest is
 */
record NumberRange(BigDecimal least, boolean withLeast, BigDecimal most, boolean withMost) {

    /** Before the point, where nothing else is said. */
    private static final int USUAL_DIGITS = 15;
    /** Before the point at most. */
    static final int DIGITS = 18;
    /** Behind it. */
    static final int DECIMALS = 15;

    private static final BigDecimal USUAL = BigDecimal.TEN.pow(USUAL_DIGITS).subtract(BigDecimal.ONE);
    private static final BigDecimal GREATEST = BigDecimal.TEN.pow(DIGITS).subtract(BigDecimal.ONE);

    /** All. */
    static NumberRange all() {
        return new NumberRange(USUAL.negate(), true, USUAL, true);
    }

    NumberRange from(BigDecimal number, boolean with) {
        boolean narrows = number.compareTo(least) > 0 || (number.compareTo(least) == 0 && !with);
        BigDecimal end = number.compareTo(USUAL) >= 0 && most.compareTo(USUAL) == 0 ? GREATEST : most;
        return narrows || least.compareTo(USUAL.negate()) == 0 ? new NumberRange(number, with, end, withMost) : this;
    }

    NumberRange to(BigDecimal number, boolean with) {
        NumberRange mirrored = mirrored().from(number.negate(), with);
        return mirrored.mirrored();
    }

    private NumberRange mirrored() {
        return new NumberRange(most.negate(), withMost, least.negate(), withLeast);
    }

    /** Whether its bounds can be written here. */
    boolean isKnown() {
        return least.abs().compareTo(GREATEST) <= 0
                && most.abs().compareTo(GREATEST) <= 0
                && least.scale() <= DECIMALS
                && most.scale() <= DECIMALS;
    }

    /** The whole numbers of the range that {@code divisor} divides. */
    Expression integers(Expressions make, long divisor) {
        BigInteger low = ceiling(least, withLeast);
        BigInteger high = ceiling(most.negate(), withMost).negate();
        List<Expression> ways = new ArrayList<>();
        if (low.signum() <= 0 && high.signum() >= 0) {
            ways.add(make.text("0"));
        }
        Multiples multiples = new Multiples(make, divisor);
        ways.add(multiples.positive(low.max(BigInteger.ONE), high));
        Expression negative = multiples.positive(high.negate().max(BigInteger.ONE), low.negate());
        ways.add(make.sequence(make.text("-"), negative));
        return make.choice(ways);
    }

    private static BigInteger ceiling(BigDecimal number, boolean with) {
        BigInteger whole = number.setScale(0, RoundingMode.CEILING).toBigInteger();
        boolean same = new BigDecimal(whole).compareTo(number) == 0;
        return same && !with ? whole.add(BigInteger.ONE) : whole;
    }

    /** Digits of whole numbers that {@code divisor} divides. */
    private static final class Multiples {

        /**
         * Where any digits may follow.
         *
         * @param left how many
         * @param rest of what was said, divided
         */
        private record State(int left, long rest) {}

        private final Expressions make;
        private final long divisor;
        /** Numbers of any length share them. */
        private final Map<State, Expression> known = new HashMap<>();

        Multiples(Expressions make, long divisor) {
            this.make = make;
            this.divisor = divisor;
        }

        /** Length by length. */
        Expression positive(BigInteger low, BigInteger high) {
            List<Expression> ways = new ArrayList<>();
            int longest = Math.max(0, high.signum()) * high.toString().length();
            for (int length = low.toString().length(); length <= longest; length++) {
                String first = BigInteger.TEN.pow(length - 1).max(low).toString();
                String last = BigInteger.TEN
                        .pow(length)
                        .subtract(BigInteger.ONE)
                        .min(high)
                        .toString();
                if (first.compareTo(last) <= 0) {
                    ways.add(between(first, last, 0, true, true, 0));
                }
            }
            return make.choice(ways);
        }

        /**
         * What may follow {@code at} digits of a number from {@code first} to {@code last}, which are of one length.
         *
         * @param low whether they are those of the first number, so that no smaller digit may come
         * @param high likewise of the last one
         * @param rest of what they say, divided
         */
        private Expression between(String first, String last, int at, boolean low, boolean high, long rest) {
            if (at == first.length()) {
                return rest == 0 ? make.end : make.nothing;
            }
            boolean free = !low && !high;
            State state = new State(first.length() - at, rest);
            Expression before = free ? known.get(state) : null;
            if (before != null) {
                return before;
            }
            make.spend(1);
            Map<Expression, BitSet> ways = new LinkedHashMap<>();
            char least = low ? first.charAt(at) : '0';
            char most = high ? last.charAt(at) : '9';
            for (char digit = least; digit <= most; digit++) {
                Expression next = between(
                        first,
                        last,
                        at + 1,
                        low && digit == first.charAt(at),
                        high && digit == last.charAt(at),
                        (rest * 10 + (digit - '0')) % divisor);
                ways.computeIfAbsent(next, none -> new BitSet()).set(digit);
            }
            Expression here = either(make, ways);
            if (free) {
                known.put(state, here);
            }
            return here;
        }
    }

    /** For each set of digits what follows them. */
    private static Expression either(Expressions make, Map<Expression, BitSet> ways) {
        List<Expression> all = new ArrayList<>();
        ways.forEach((next, digits) -> all.add(make.sequence(make.oneOf(digits), next)));
        return make.choice(all);
    }

    /** All numbers of the range with up to {@code decimals} digits behind the point. */
    Expression numbers(Expressions make, int decimals) {
        List<Expression> ways = new ArrayList<>();
        boolean zero = contains(BigDecimal.ZERO);
        if (most.signum() >= 0) {
            NumberRange upper = least.signum() >= 0 ? this : new NumberRange(BigDecimal.ZERO, true, most, withMost);
            ways.add(upper.notNegative(make, decimals));
        }
        if (least.signum() < 0) {
            NumberRange lower = mirrored();
            NumberRange below = lower.least.signum() > 0
                    ? lower
                    : new NumberRange(BigDecimal.ZERO, zero, lower.most, lower.withMost);
            ways.add(make.sequence(make.text("-"), below.notNegative(make, decimals)));
        }
        return make.choice(ways);
    }

    private boolean contains(BigDecimal number) {
        int low = number.compareTo(least);
        int high = number.compareTo(most);
        return (low > 0 || (low == 0 && withLeast)) && (high < 0 || (high == 0 && withMost));
    }

    /** By what stands before the point: the least's, the greatest's, or what is between. */
    private Expression notNegative(Expressions make, int decimals) {
        BigInteger low = least.toBigInteger();
        BigInteger high = most.toBigInteger();
        String lowDecimals = decimals(least);
        String highDecimals = decimals(most);
        List<Expression> ways = new ArrayList<>();
        if (low.compareTo(high) > 0) {
            return make.nothing;
        }
        if (low.equals(high)) {
            ways.add(make.sequence(
                    make.text(low.toString()), fraction(make, lowDecimals, true, highDecimals, true, decimals)));
        } else {
            NumberRange between = new NumberRange(new BigDecimal(low), false, new BigDecimal(high), false);
            ways.add(make.sequence(make.text(low.toString()), fraction(make, lowDecimals, true, "", false, decimals)));
            ways.add(make.sequence(between.integers(make, 1), fraction(make, "", false, "", false, decimals)));
            ways.add(
                    make.sequence(make.text(high.toString()), fraction(make, "", false, highDecimals, true, decimals)));
        }
        return make.choice(ways);
    }

    private static String decimals(BigDecimal number) {
        String plain = number.abs().stripTrailingZeros().toPlainString();
        int point = plain.indexOf('.');
        return point < 0 ? "" : plain.substring(point + 1);
    }

    private Expression fraction(Expressions make, String low, boolean isLow, String high, boolean isHigh, int longest) {
        Expression some = make.sequence(make.text("."), decimal(make, low, isLow, high, isHigh, 0, longest));
        return make.choice(List.of(some, mayEnd(low, isLow, high, isHigh) ? make.end : make.nothing));
    }

    /** One digit at least. */
    private Expression decimal(
            Expressions make, String low, boolean isLow, String high, boolean isHigh, int at, int longest) {
        if (at == longest) {
            return make.nothing;
        }
        if (!isLow && !isHigh) {
            return make.repeat(make.range('0', '9'), 1, longest - at);
        }
        Map<Expression, BitSet> ways = new LinkedHashMap<>();
        char least = isLow && !low.isEmpty() ? low.charAt(0) : '0';
        char most = !isHigh ? '9' : high.isEmpty() ? '0' : high.charAt(0);
        for (char digit = least; digit <= most; digit++) {
            boolean stillLow = isLow && digit == least;
            boolean stillHigh = isHigh && digit == most;
            String lowRest = low.isEmpty() ? "" : low.substring(1);
            String highRest = high.isEmpty() ? "" : high.substring(1);
            Expression more = decimal(make, lowRest, stillLow, highRest, stillHigh, at + 1, longest);
            Expression next = mayEnd(lowRest, stillLow, highRest, stillHigh) ? make.optional(more) : more;
            ways.computeIfAbsent(next, none -> new BitSet()).set(digit);
        }
        return either(make, ways);
    }

    /** Whether nothing but zeros may follow, where the bounds' digits go on so. */
    private boolean mayEnd(String low, boolean isLow, String high, boolean isHigh) {
        boolean aboveLeast = !isLow || (low.isEmpty() && withLeast);
        boolean belowMost = !isHigh || !high.isEmpty() || withMost;
        return aboveLeast && belowMost;
    }
}
