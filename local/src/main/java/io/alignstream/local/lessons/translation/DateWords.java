package io.alignstream.local.lessons.translation;

import java.time.LocalDate;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;

/** Days of the years 1900 to 2099 as people say them, in Chinese and in English. */
final class DateWords {

    private static final List<String> ORDINALS = List.of(
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth");

    private DateWords() {}

    /** For example 一九八四年三月五日. */
    static String chinese(LocalDate day) {
        return NumberWords.chineseDigits(day.getYear())
                + "年"
                + NumberWords.chinese(day.getMonthValue())
                + "月"
                + NumberWords.chinese(day.getDayOfMonth())
                + "日";
    }

    /** For example March fifth, nineteen eighty-four. */
    static String english(LocalDate day) {
        return day.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH) + " " + ordinal(day.getDayOfMonth()) + ", "
                + year(day.getYear());
    }

    private static String ordinal(int day) {
        if (day <= ORDINALS.size()) {
            return ORDINALS.get(day - 1);
        }
        if (day % 10 == 0) {
            return day == 20 ? "twentieth" : "thirtieth";
        }
        return (day < 30 ? "twenty-" : "thirty-") + ORDINALS.get(day % 10 - 1);
    }

    private static String year(int year) {
        int century = year / 100;
        int rest = year % 100;
        if (century == 20 && rest < 10) {
            return NumberWords.english(year);
        }
        String beginning = NumberWords.english(century);
        if (rest == 0) {
            return beginning + " hundred";
        }
        return beginning + (rest < 10 ? " oh " : " ") + NumberWords.english(rest);
    }
}
