package io.alignstream.stageruntime.retraining;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.RunRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What holds a run back that is due and that nobody has asked for. A run that has begun goes on whatever the hour, and a
 * person's trigger goes by nothing of this. Thread-safe.
 *
 * <p>It is held back by the first of: a person who has to consent, quiet hours, the schedule, the minimum interval, the
 * day's budget.
 */
public final class RetrainingPolicy {

    /** Nothing is held back. */
    public static final RetrainingPolicy NONE =
            new RetrainingPolicy(RetrainingSettings.NONE, InstantSource.system(), List::of);

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm VV", Locale.ROOT);
    /** Who waits for a person is told of by no event. */
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

    private final RetrainingSettings settings;
    private final InstantSource clock;
    private final Supplier<List<RunRecord>> past;

    /**
     * A policy.
     *
     * @param past the runs that are remembered
     */
    public RetrainingPolicy(RetrainingSettings settings, InstantSource clock, Supplier<List<RunRecord>> past) {
        this.settings = settings;
        this.clock = clock;
        this.past = past;
    }

    /**
     * What a run waits for.
     *
     * @param reason tells people
     * @param again after which time to ask again; positive
     */
    public record Hold(Reason reason, Duration again) {}

    /** The time now, by the clock that decides. */
    public Instant now() {
        return clock.instant();
    }

    /** Whether a run gives way to one with newer inputs. */
    public boolean superseding() {
        return settings.superseded() == RetrainingSettings.Superseded.CANCEL;
    }

    /**
     * What holds a run back that is not begun yet; empty if it may begin.
     *
     * @param due since when there has been something to learn; which run that is may have changed since
     */
    public Optional<Hold> holds(String run, Instant due) {
        ZonedDateTime now = clock.instant().atZone(settings.zone());
        List<RunRecord> runs = past.get();
        if (runs.stream().anyMatch(record -> record.run().equals(run))) {
            return Optional.empty(); // it has begun already
        }
        Optional<Instant> last = runs.stream().map(RunRecord::begun).max(Comparator.naturalOrder());
        return Stream.<Supplier<Optional<Hold>>>of(
                        () -> consent(run),
                        () -> quiet(now),
                        () -> schedule(now, due),
                        () -> last.flatMap(begun -> interval(now, begun)),
                        () -> budget(now, runs))
                .map(Supplier::get)
                .flatMap(Optional::stream)
                .findFirst();
    }

    private Optional<Hold> consent(String run) {
        return settings.consent()
                ? Optional.of(new Hold(Reason.of("retraining.consent").with("run", run), LOOK_AGAIN))
                : Optional.empty();
    }

    private Optional<Hold> quiet(ZonedDateTime now) {
        return settings.quietHours().stream()
                .filter(hours -> hours.left(now).isPositive())
                .findFirst()
                .map(hours -> until(
                        now.plus(hours.left(now)),
                        now,
                        Reason.of("retraining.quiet").with("hours", hours.toString())));
    }

    private Optional<Hold> schedule(ZonedDateTime now, Instant due) {
        return settings.schedule()
                .flatMap(schedule -> schedule.after(due.atZone(settings.zone())))
                .filter(time -> time.isAfter(now))
                .map(time -> until(time, now, Reason.of("retraining.schedule")));
    }

    private Optional<Hold> interval(ZonedDateTime now, Instant begun) {
        ZonedDateTime next = begun.plus(settings.minimumInterval()).atZone(settings.zone());
        return settings.minimumInterval().isPositive() && next.isAfter(now)
                ? Optional.of(until(next, now, Reason.of("retraining.interval")))
                : Optional.empty();
    }

    /** From its beginning to the last that was heard of it, a run counts as computing, also between two attempts. */
    private Optional<Hold> budget(ZonedDateTime now, List<RunRecord> runs) {
        if (settings.hoursPerDay() == 0) {
            return Optional.empty();
        }
        Instant midnight = now.truncatedTo(ChronoUnit.DAYS).toInstant();
        double hours = runs.stream()
                .filter(record -> record.changed().isAfter(midnight))
                .map(record -> Duration.between(
                        record.begun().isBefore(midnight) ? midnight : record.begun(), record.changed()))
                .mapToDouble(time -> time.toMillis() / 3.6e6)
                .sum();
        return hours < settings.hoursPerDay()
                ? Optional.empty()
                : Optional.of(until(
                        now.truncatedTo(ChronoUnit.DAYS).plusDays(1),
                        now,
                        Reason.of("retraining.budget").with("hours", hours).with("allowed", settings.hoursPerDay())));
    }

    private static Hold until(ZonedDateTime time, ZonedDateTime now, Reason reason) {
        return new Hold(reason.with("time", TIME.format(time)), Duration.between(now, time));
    }
}
