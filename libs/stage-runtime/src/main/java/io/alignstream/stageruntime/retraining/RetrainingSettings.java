package io.alignstream.stageruntime.retraining;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/**
 * When runs begin that nobody has asked for.
 *
 * @param minimumInterval between the beginnings of two runs
 * @param schedule the only times at which they begin, if there is one
 * @param quietHours in which none begins
 * @param zone in which times of the day are meant
 * @param hoursPerDay of computing, after which none begins until the next day; 0: as many as it takes
 * @param consent whether each waits for a person's trigger
 * @param superseded what becomes of a run when there are newer inputs
 */
public record RetrainingSettings(
        Duration minimumInterval,
        Optional<CronSchedule> schedule,
        List<QuietHours> quietHours,
        ZoneId zone,
        double hoursPerDay,
        boolean consent,
        Superseded superseded) {

    static final RetrainingSettings NONE = new RetrainingSettings(
            Duration.ZERO, Optional.empty(), List.of(), ZoneOffset.UTC, 0, false, Superseded.FINISH);

    public RetrainingSettings {
        quietHours = List.copyOf(quietHours);
    }

    /** What becomes of a run that learns from what is no longer the newest. */
    public enum Superseded {
        /** It is finished, and the next one follows it. */
        FINISH,
        /** It is cancelled as soon as the next one may begin. */
        CANCEL
    }

    /**
     * Reads settings.
     *
     * @throws IllegalArgumentException names the setting, its value and what it may be
     */
    public static RetrainingSettings of(
            Duration minimumInterval,
            Optional<String> schedule,
            Optional<List<String>> quietHours,
            String zone,
            double hoursPerDay,
            boolean consent,
            String superseded) {
        return new RetrainingSettings(
                minimumInterval,
                schedule.map(RetrainingSettings::schedule),
                quietHours.orElse(List.of()).stream()
                        .map(RetrainingSettings::quiet)
                        .toList(),
                zone(zone),
                hoursPerDay,
                consent,
                superseded.equals("cancel") ? Superseded.CANCEL : Superseded.FINISH);
    }

    private static CronSchedule schedule(String expression) {
        try {
            return CronSchedule.parse(expression);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "alignstream.retraining.schedule is " + expression
                            + " but must have five fields as crontab's, minute, hour, day of the month, month, day of the week,"
                            + " such as 0 2 * * 1-5 for two o'clock from Monday to Friday: " + e.getMessage(),
                    e);
        }
    }

    private static QuietHours quiet(String hours) {
        try {
            return QuietHours.parse(hours);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "alignstream.retraining.quiet-hours is " + hours
                            + " but must be hours such as 22:00-06:00 or Mon-Fri 08:00-18:00, with a comma between two",
                    e);
        }
    }

    private static ZoneId zone(String name) {
        try {
            return ZoneId.of(name);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "alignstream.retraining.time-zone is " + name
                            + " but must be a time zone such as UTC, Europe/Berlin or Asia/Shanghai",
                    e);
        }
    }
}
