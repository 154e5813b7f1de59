package io.alignstream.local.lessons.translation;

import java.util.List;

/** Whole numbers below a hundred million as people say them, in Chinese and in English. */
final class NumberWords {

    /** What numbers are below. */
    static final int LIMIT = 100_000_000;

    private static final String DIGITS = "零一二三四五六七八九";
    private static final List<String> UNITS = List.of("", "十", "百", "千");
    private static final int MYRIAD = 10_000;

    private static final List<String> SMALL = List.of(
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen");
    private static final List<String> TENS =
            List.of("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety");

    private NumberWords() {}

    /** For example 一百二十万零三百. */
    static String chinese(int number) {
        require(number);
        if (number == 0) {
            return "零";
        }
        int high = number / MYRIAD;
        int low = number % MYRIAD;
        StringBuilder words = new StringBuilder();
        if (high > 0) {
            words.append(section(high)).append('万');
            if (low > 0 && low < MYRIAD / 10) {
                words.append('零');
            }
        }
        words.append(section(low));
        return words.toString().replaceFirst("^一十", "十");
    }

    /** A number below ten thousand, without a zero in front; nothing for 0. */
    private static String section(int number) {
        StringBuilder words = new StringBuilder();
        boolean gap = false;
        for (int power = 3; power >= 0; power--) {
            int digit = number / (int) Math.pow(10, power) % 10;
            if (digit == 0) {
                gap = true;
                continue;
            }
            if (gap && !words.isEmpty()) {
                words.append('零');
            }
            gap = false;
            words.append(DIGITS.charAt(digit)).append(UNITS.get(power));
        }
        return words.toString();
    }

    /** Digit by digit, as years are said: 一九〇四. */
    static String chineseDigits(int number) {
        require(number);
        StringBuilder words = new StringBuilder();
        Integer.toString(number)
                .chars()
                .forEach(digit -> words.append(digit == '0' ? '〇' : DIGITS.charAt(digit - '0')));
        return words.toString();
    }

    /** For example one million two hundred thousand three hundred. */
    static String english(int number) {
        require(number);
        if (number < 1_000) {
            return belowThousand(number);
        }
        StringBuilder words = new StringBuilder();
        append(words, number / 1_000_000, " million");
        append(words, number / 1_000 % 1_000, " thousand");
        append(words, number % 1_000, "");
        return words.toString();
    }

    private static void append(StringBuilder words, int number, String unit) {
        if (number > 0) {
            words.append(words.isEmpty() ? "" : " ")
                    .append(belowThousand(number))
                    .append(unit);
        }
    }

    private static String belowThousand(int number) {
        if (number < SMALL.size()) {
            return SMALL.get(number);
        }
        if (number < 100) {
            String tens = TENS.get(number / 10 - 2);
            return number % 10 == 0 ? tens : tens + "-" + SMALL.get(number % 10);
        }
        String hundreds = SMALL.get(number / 100) + " hundred";
        return number % 100 == 0 ? hundreds : hundreds + " " + belowThousand(number % 100);
    }

    private static void require(int number) {
        if (number < 0 || number >= LIMIT) {
            throw new IllegalArgumentException("number " + number + " must be 0 to " + (LIMIT - 1));
        }
    }
}
