package io.alignstream.stageruntime.retraining;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Hours of a day, or of some days of the week, such as {@code 22:00-06:00} or {@code Mon-Fri 08:00-18:00}.
 *
 * @param text as it was given
 * @param days on which they begin
 * @param from first minute
 * @param to first minute after them; on the next day, if it is not later than {@code from}
 */
public record QuietHours(String text, Set<DayOfWeek> days, LocalTime from, LocalTime to) {

    private static final List<String> DAYS = List.of("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun");
    private static final String DAY = "(" + String.join("|", DAYS) + ")";
    private static final String TIME = "([01][0-9]|2[0-3]):([0-5][0-9])";
    private static final Pattern HOURS = Pattern.compile("(?:" + DAY + "(?:-" + DAY + ")? )?" + TIME + "-" + TIME);

    public QuietHours {
        days = Set.copyOf(days);
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static QuietHours parse(String text) {
        Matcher hours = HOURS.matcher(text.strip());
        if (!hours.matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' are no hours such as 22:00-06:00 or Mon-Fri 08:00-18:00");
        }
        Set<DayOfWeek> days = EnumSet.allOf(DayOfWeek.class);
        if (hours.group(1) != null) {
            int first = DAYS.indexOf(hours.group(1));
            int last = hours.group(2) == null ? first : DAYS.indexOf(hours.group(2));
            days = EnumSet.noneOf(DayOfWeek.class);
            for (int more = 0; more <= Math.floorMod(last - first, DAYS.size()); more++) {
                days.add(DayOfWeek.MONDAY.plus(first + more));
            }
        }
        return new QuietHours(text.strip(), days, time(hours, 3), time(hours, 5));
    }

    private static LocalTime time(Matcher hours, int group) {
        return LocalTime.of(Integer.parseInt(hours.group(group)), Integer.parseInt(hours.group(group + 1)));
    }

    /** How long they still last at {@code moment}; zero outside of them. */
    Duration left(ZonedDateTime moment) {
        // begun today, or yesterday and still going on
        LocalDate today = moment.toLocalDate();
        return Stream.of(today, today.minusDays(1))
                .filter(day -> days.contains(day.getDayOfWeek()))
                .filter(day -> !moment.isBefore(day.atTime(from).atZone(moment.getZone())))
                .map(day ->
                        (to.isAfter(from) ? day : day.plusDays(1)).atTime(to).atZone(moment.getZone()))
                .map(end -> Duration.between(moment, end))
                .filter(Duration::isPositive)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    @Override
    public String toString() {
        return text;
    }
}
