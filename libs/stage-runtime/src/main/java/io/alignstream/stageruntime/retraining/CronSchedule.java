package io.alignstream.stageruntime.retraining;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.ZonedDateTime;
import java.util.Optional;

/** Times as crontab(5) has them: five fields, minute, hour, day of the month, month, day of the week; immutable. */
public final class CronSchedule {

    private static final CronParser PARSER = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

    private final ExecutionTime times;

    private CronSchedule(ExecutionTime times) {
        this.times = times;
    }

    /**
     * Reads an expression.
     *
     * @throws IllegalArgumentException if it is none; says why
     */
    public static CronSchedule parse(String expression) {
        return new CronSchedule(ExecutionTime.forCron(PARSER.parse(expression).validate()));
    }

    /** The first of its times after {@code moment}; empty if there is none any more. */
    public Optional<ZonedDateTime> after(ZonedDateTime moment) {
        return times.nextExecution(moment);
    }
}
