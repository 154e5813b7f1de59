package io.alignstream.stageruntime.retraining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.RunRecord;
import io.alignstream.stageruntime.settings.SettingProblems;
import io.alignstream.stageruntime.testing.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetrainingPolicyTest {

    private static final String ZONE = "Europe/Berlin";

    private final List<RunRecord> past = new ArrayList<>();

    @ParameterizedTest
    @CsvSource({
        // a Monday in November: Berlin is an hour ahead of UTC
        "22:00-06:00, 2026-11-30T20:59:00Z, 0",
        "22:00-06:00, 2026-11-30T21:00:00Z, 480",
        "22:00-06:00, 2026-12-01T04:59:00Z, 1",
        "22:00-06:00, 2026-12-01T05:00:00Z, 0",
        "Mon-Fri 08:00-18:00, 2026-11-30T07:00:00Z, 600",
        "Mon-Fri 08:00-18:00, 2026-11-29T07:00:00Z, 0",
        "Fri-Mon 22:00-06:00, 2026-12-01T03:00:00Z, 120", // begun on Monday
        "Sat 22:00-06:00, 2026-11-28T21:30:00Z, 450",
        "00:00-00:00, 2026-11-30T11:00:00Z, 720", // the whole day
        // the night in which the clock is put forward has an hour less
        "22:00-06:00, 2026-03-28T21:00:00Z, 420",
    })
    void quiet_hours_hold_a_run_back_until_they_end(String hours, Instant now, long minutes) {
        // When
        Duration held = held(Map.of("quiet-hours", hours, "time-zone", ZONE), now, now);

        // Then
        assertThat(held).isEqualTo(Duration.ofMinutes(minutes));
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-30T10:00:00Z, 2026-11-30T10:00:00Z, 900", // due now, at the next time
        "2026-11-30T10:00:00Z, 2026-12-01T00:59:00Z, 1",
        "2026-11-30T10:00:00Z, 2026-12-01T01:00:00Z, 0", // its time has come
        "2026-11-30T10:00:00Z, 2026-12-01T09:00:00Z, 0", // and was missed: late is better than another day
    })
    void a_run_begins_at_the_first_time_of_the_schedule_after_something_was_due(
            Instant due, Instant now, long minutes) {
        // When
        Duration held = held(Map.of("schedule", "0 2 * * *", "time-zone", ZONE), now, due);

        // Then
        assertThat(held).isEqualTo(Duration.ofMinutes(minutes));
    }

    @Test
    void two_runs_do_not_begin_sooner_after_one_another_than_the_minimum_interval() {
        // Given
        run("before", "2026-11-30T08:00:00Z", "2026-11-30T08:30:00Z");

        // When
        Duration held = held(Map.of("minimum-interval", "PT6H"), Instant.parse("2026-11-30T10:00:00Z"));

        // Then
        assertThat(held).isEqualTo(Duration.ofHours(4));
    }

    @Test
    void a_day_has_so_many_hours_of_computing_and_the_next_day_as_many_again() {
        // Given: half an hour of it yesterday
        run("night", "2026-11-29T23:30:00Z", "2026-11-30T01:00:00Z");
        run("day", "2026-11-30T08:00:00Z", "2026-11-30T09:00:00Z");

        // When
        List<Duration> held = List.of(
                held(Map.of("hours-per-day", "2"), Instant.parse("2026-11-30T10:00:00Z")),
                held(Map.of("hours-per-day", "2.1"), Instant.parse("2026-11-30T10:00:00Z")),
                held(Map.of("hours-per-day", "2"), Instant.parse("2026-12-01T00:00:00Z")));

        // Then
        assertThat(held).containsExactly(Duration.ofHours(14), Duration.ZERO, Duration.ZERO);
    }

    @Test
    void a_run_that_has_begun_goes_on_whatever_the_hour() {
        // Given
        run("r", "2026-11-30T08:00:00Z", "2026-11-30T08:30:00Z");

        // When
        Duration held = held(
                Map.of("quiet-hours", "00:00-00:00", "minimum-interval", "PT6H", "consent", "true"),
                Instant.parse("2026-11-30T10:00:00Z"));

        // Then
        assertThat(held).isZero();
    }

    @Test
    void each_hold_says_what_it_is_and_when_it_ends_in_both_languages() {
        // Given
        Map<String, String> settings = Map.of("quiet-hours", "Mon-Fri 08:00-18:00", "time-zone", ZONE);

        // When
        Reason reason = hold(settings, Instant.parse("2026-11-30T10:00:00Z"), Instant.parse("2026-11-30T10:00:00Z"))
                .orElseThrow()
                .reason();

        // Then
        assertThat(Messages.english(reason))
                .isEqualTo("quiet hours (Mon-Fri 08:00-18:00): it begins at 2026-11-30 18:00 Europe/Berlin");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "schedule     | 0 2 * *      | alignstream.retraining.schedule is 0 2 * * but must have five fields",
                "schedule     | 61 * * * *   | alignstream.retraining.schedule is 61 * * * * but must have five fields",
                "quiet-hours  | 25:00-06:00  | alignstream.retraining.quiet-hours is 25:00-06:00 but must be hours such as",
                "time-zone    | Berlin       | alignstream.retraining.time-zone is Berlin but must be a time zone such as",
            })
    void what_is_no_time_is_refused_at_start(String setting, String value, String said) {
        assertThatThrownBy(() -> settings(Map.of(setting, value)))
                .satisfies(failure -> assertThat(SettingProblems.of(failure))
                        .singleElement()
                        .asString()
                        .startsWith(said));
    }

    private void run(String run, String begun, String changed) {
        past.add(new RunRecord(
                run,
                Reason.of("job"),
                null,
                Instant.parse(begun),
                Instant.parse(changed),
                RunRecord.Outcome.FINISHED,
                "train",
                1,
                1,
                Map.of(),
                List.of(),
                List.of(),
                null));
    }

    private Duration held(Map<String, String> settings, Instant now) {
        return held(settings, now, now);
    }

    private Duration held(Map<String, String> settings, Instant now, Instant due) {
        return hold(settings, now, due).map(RetrainingPolicy.Hold::again).orElse(Duration.ZERO);
    }

    private Optional<RetrainingPolicy.Hold> hold(Map<String, String> settings, Instant now, Instant due) {
        return new RetrainingPolicy(settings(settings), () -> now, () -> past).holds("r", due);
    }

    private static RetrainingSettings settings(Map<String, String> settings) {
        Map<String, String> named = new HashMap<>();
        settings.forEach((name, value) -> named.put("alignstream.retraining." + name, value));
        return Settings.of(RetrainingConfig.class, named).settings();
    }
}
