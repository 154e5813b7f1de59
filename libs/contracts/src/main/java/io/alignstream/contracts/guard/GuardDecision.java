package io.alignstream.contracts.guard;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the guard, and after it a person, decided about a run of RLHF, key {@code run}: the newest decision stands.
 *
 * @param signal the rule that paused the run, for example {@code over-optimisation}
 * @param curves names of the figures that show it: the two that part, or the one that drifts
 * @param since iteration since which they do
 * @param iteration at which the guard saw it, {@code since} or later
 * @param finding what the guard found, for people
 * @param reason why a person continued or ended the run, 1 to {@value #MAX_REASON} characters; null where the guard paused it
 * @param decidedBy name of that person, 1 to {@value #MAX_NAME} characters; null where the guard paused it
 */
public record GuardDecision(
        String run,
        Verdict verdict,
        String signal,
        List<String> curves,
        long since,
        long iteration,
        Reason finding,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String reason,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String decidedBy) {

    /** Longest name of a person who decides, in characters. */
    public static final int MAX_NAME = 100;

    /** Longest reason, in characters. */
    public static final int MAX_REASON = 2_000;

    public GuardDecision {
        Check.id("run", run);
        Check.present("verdict", verdict);
        Check.id("signal", signal);
        curves = Check.list("curves", curves, 1, 2);
        curves.forEach(curve -> Check.id("curves[]", curve));
        Check.atLeast("since", since, 0);
        Check.atLeast("iteration", iteration, since);
        Check.present("finding", finding);
        if (reason != null) {
            Check.text("reason", reason, MAX_REASON);
        }
        if (decidedBy != null) {
            Check.text("decidedBy", decidedBy, MAX_NAME);
        }
    }

    /**
     * What a person decided about the same finding.
     *
     * @throws InvalidInputException if name or reason is missing or too long
     */
    public GuardDecision decided(Verdict newVerdict, String by, String why) {
        return new GuardDecision(
                run,
                newVerdict,
                signal,
                curves,
                since,
                iteration,
                finding,
                Check.text("reason", why, MAX_REASON),
                Check.text("decidedBy", by, MAX_NAME));
    }

    /** What becomes of the run. */
    public enum Verdict {
        /** The guard stopped it; its state is stored and nothing of it is published. */
        @JsonProperty("paused")
        PAUSED,
        /** A person lets it go on. */
        @JsonProperty("continued")
        CONTINUED,
        /** A person ends it: its best policy goes through the gate. */
        @JsonProperty("ended")
        ENDED;

        /** As events, addresses and message codes name it, for example {@code paused}. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
