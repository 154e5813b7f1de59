package io.alignstream.reward.desk;

import io.alignstream.contracts.messages.Reason;
import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what at the desk: the one place that decides.
 *
 * <p>Who is signed in ranks under that name only and has the roles that the sign-in gives. As long as nothing signs people
 * in, they say who they are and may do everything, as whoever reaches the service may.
 */
public class Access {

    private static final int MAX_NAME = 100;

    private final SecurityContext security;

    /** The access of a call. */
    public Access(SecurityContext security) {
        this.security = security;
    }

    /** What people do at the desk. */
    public enum Role {
        /** Ranks what is given to them. */
        ANNOTATOR,
        /** Sees who said what, and how well people judge. */
        REVIEWER,
        /** Publishes guidelines and gold requests. */
        ADMIN;

        /** As a sign-in and message codes name it, for example {@code reviewer}. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Why the caller may not act in {@code role}; empty if the caller may. */
    public Optional<Reason> refusal(Role role) {
        Principal signedIn = security.getUserPrincipal();
        return signedIn == null || security.isUserInRole(role.id())
                ? Optional.empty()
                : Optional.of(Reason.of("refusal.role")
                        .with("name", signedIn.getName())
                        .with("role", Reason.of("access." + role.id())));
    }

    /** Why the caller may not act in {@code role} under {@code name}; empty if the caller may. */
    public Optional<Reason> refusal(Role role, @Nullable String name) {
        if (name == null || name.isBlank() || name.length() > MAX_NAME || name.contains("/")) {
            return Optional.of(Reason.of("refusal.noName"));
        }
        Principal signedIn = security.getUserPrincipal();
        return signedIn == null || signedIn.getName().equals(name.strip())
                ? refusal(role)
                : Optional.of(Reason.of("refusal.otherName")
                        .with("name", name.strip())
                        .with("signedIn", signedIn.getName()));
    }
}
