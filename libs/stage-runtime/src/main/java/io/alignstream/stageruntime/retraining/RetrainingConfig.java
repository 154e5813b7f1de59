package io.alignstream.stageruntime.retraining;

import io.alignstream.stageruntime.settings.Between;
import io.alignstream.stageruntime.settings.Consistent;
import io.alignstream.stageruntime.settings.Lasting;
import io.alignstream.stageruntime.settings.OneOf;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** When runs begin that nobody has asked for, {@code alignstream.retraining.*}; each service has its own. */
@Consistent("settings")
@ConfigMapping(prefix = "alignstream.retraining")
public interface RetrainingConfig {

    /** Shortest time between the beginnings of two runs that nobody has asked for. */
    @WithDefault("PT0S")
    @Lasting(least = "PT0S", greatest = "PT8760H")
    Duration minimumInterval();

    /**
     * Times at which such runs begin, each with all that has come by then; five fields as crontab's: minute, hour, day of the
     * month, month, day of the week. Without it they begin whenever something is due.
     */
    Optional<String> schedule();

    /** Hours in which no such run begins, such as 22:00-06:00 or Mon-Fri 08:00-18:00, with a comma between two. */
    Optional<List<String>> quietHours();

    /** Time zone of schedule, quiet hours and days, such as Europe/Berlin. */
    @WithDefault("UTC")
    String timeZone();

    /**
     * Hours of a day that this service's runs may compute, on its one card or processor; then no such run begins until the next
     * day, and one that goes on goes on. 0: as many as it takes.
     */
    @WithDefault("0")
    @Between(least = "0", greatest = "24")
    double hoursPerDay();

    /** Whether each such run waits for a person's trigger: for stages whose runs are dear. */
    @WithDefault("false")
    boolean consent();

    /**
     * What becomes of a run when there are newer inputs: finish lets it end before the next one begins, cancel ends it as soon
     * as the next one may begin.
     */
    @WithDefault("finish")
    @OneOf({"finish", "cancel"})
    String superseded();

    /** The settings as they are used. */
    default RetrainingSettings settings() {
        return RetrainingSettings.of(
                minimumInterval(), schedule(), quietHours(), timeZone(), hoursPerDay(), consent(), superseded());
    }
}
