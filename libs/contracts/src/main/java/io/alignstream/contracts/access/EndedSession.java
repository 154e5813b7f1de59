package io.alignstream.contracts.access;

import io.alignstream.contracts.check.Check;

/**
 * A session that its holder has ended by signing out, key {@code session}: whoever has a copy of it is let in nowhere any more.
 * Nothing in it lets anybody in.
 *
 * @param session a SHA-256 of what the session is known by
 * @param begun when it began, in milliseconds since 1970-01-01T00:00:00Z
 * @param end when it would have ended by itself, and need not be known any more; likewise
 */
public record EndedSession(String session, long begun, long end) {

    public EndedSession {
        Check.sha256("session", session);
        Check.atLeast("begun", begun, 0);
        Check.atLeast("end", end, begun);
    }
}
