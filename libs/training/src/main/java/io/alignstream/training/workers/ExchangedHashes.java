package io.alignstream.training.workers;

/**
 * Hashes as numbers that workers add up, each of whom knows some of them: those of a hash that one worker puts in are 0 at all
 * others. Not thread-safe.
 */
final class ExchangedHashes {

    private static final int DIGITS = 64;
    /** 48 bits, which a number in double precision holds. */
    private static final int DIGITS_OF_NUMBER = 12;

    private static final int NUMBERS = Math.ceilDiv(DIGITS, DIGITS_OF_NUMBER);

    private final double[] numbers;

    /** Room for {@code count} hashes. */
    ExchangedHashes(int count) {
        this(new double[count * NUMBERS]);
    }

    /** What the workers' {@link #numbers} add up to. */
    ExchangedHashes(double[] numbers) {
        this.numbers = numbers;
    }

    double[] numbers() {
        return numbers;
    }

    /** Puts a hash of 64 hexadecimal digits at a place. */
    void put(int place, String sha256) {
        for (int i = 0; i < NUMBERS; i++) {
            int from = i * DIGITS_OF_NUMBER;
            String digits = sha256.substring(from, Math.min(DIGITS, from + DIGITS_OF_NUMBER));
            numbers[place * NUMBERS + i] = Long.parseLong(digits, 16);
        }
    }

    /** The hash at a place. */
    String get(int place) {
        StringBuilder digits = new StringBuilder(DIGITS);
        for (int i = 0; i < NUMBERS; i++) {
            int width = Math.min(DIGITS_OF_NUMBER, DIGITS - i * DIGITS_OF_NUMBER);
            String number = Long.toHexString((long) numbers[place * NUMBERS + i]);
            digits.repeat('0', width - number.length()).append(number);
        }
        return digits.toString();
    }
}
