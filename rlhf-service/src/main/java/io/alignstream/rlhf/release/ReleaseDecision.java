package io.alignstream.rlhf.release;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A person's verdict on a candidate.
 *
 * @param by the person's name, 1 to 100 characters
 * @param reason 1 to 2000 characters
 */
record ReleaseDecision(Verdict verdict, String by, String reason) {

    ReleaseDecision {
        Check.present("verdict", verdict);
        by = Check.text("by", by, ModelRelease.MAX_NAME).strip();
        reason = Check.text("reason", reason, ModelRelease.MAX_REASON).strip();
    }

    /**
     * The decision that these texts tell.
     *
     * @throws InvalidInputException if one is missing, too long or no verdict
     */
    @SuppressWarnings("NullAway") // the record refuses what is missing, with a message for the sender
    static ReleaseDecision of(@Nullable String verdict, @Nullable String by, @Nullable String reason) {
        Verdict named = Arrays.stream(Verdict.values())
                .filter(one -> one.id().equals(verdict))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException(Reason.of("release.unknownVerdict")
                        .with("verdict", String.valueOf(verdict))
                        .with(
                                "verdicts",
                                Arrays.stream(Verdict.values()).map(Verdict::id).collect(Collectors.joining(", ")))));
        return new ReleaseDecision(named, by, reason);
    }

    /** The verdicts that may follow {@code current}: an approval is taken back, anything else may be approved. */
    static List<Verdict> possible(Verdict current) {
        return current == Verdict.APPROVED ? List.of(Verdict.REJECTED, Verdict.ROLLED_BACK) : List.of(Verdict.APPROVED);
    }

    /** Why this may not follow the newest verdict on {@code release}, if so. */
    Optional<Reason> fault(ModelRelease release) {
        if (possible(release.verdict()).contains(verdict)) {
            return Optional.empty();
        }
        String code = release.verdict() == verdict ? "release.already" : "release.notApproved";
        return Optional.of(Reason.of(code)
                .with("run", release.run())
                .with("verdict", Reason.of("verdict." + release.verdict().id())));
    }
}
