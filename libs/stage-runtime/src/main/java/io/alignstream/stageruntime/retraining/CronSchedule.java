package io.alignstream.stageruntime.retraining;

import com.cronutils.descriptor.CronDescriptor;
import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.ZonedDateTime;
import java.util.Locale;
import java.util.Optional;

/**
 * Times as crontab(5) has them: five fields, minute, hour, day of the month, month, day of the week; immutable.
 *
 * <p>Where the clock is put forward over a time, it comes at the end of the gap; where it is put back, a time comes once.
 */
public final class CronSchedule {

    private static final CronParser PARSER = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

    private final Cron cron;
    private final ExecutionTime times;

    private CronSchedule(Cron cron) {
        this.cron = cron;
        this.times = ExecutionTime.forCron(cron);
    }

    /**
     * Reads an expression.
     *
     * @throws IllegalArgumentException if it is none; says why
     */
    public static CronSchedule parse(String expression) {
        return new CronSchedule(PARSER.parse(expression).validate());
    }

    /** The first of its times after {@code moment}; empty if there is none any more. */
    public Optional<ZonedDateTime> after(ZonedDateTime moment) {
        return times.nextExecution(moment);
    }

    /** In English, such as "at 02:00". */
    public String describe() {
        return CronDescriptor.instance(Locale.UK).describe(cron);
    }

    /** The expression. */
    @Override
    public String toString() {
        return cron.asString();
    }
}
