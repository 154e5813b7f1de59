package io.alignstream.contracts.access;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What somebody may do here. A key names roles by their ids, and so does the claim of an OpenID Connect token. */
public enum Role {
    /** Sees pages, states, charts, checkpoints and metrics. */
    VIEWER(Role.Id.VIEWER),
    /** Ranks answers. */
    ANNOTATOR(Role.Id.ANNOTATOR),
    /** Sees who ranked what, and where people disagree; a viewer, too. */
    REVIEWER(Role.Id.REVIEWER, VIEWER),
    /** Triggers, pauses, resumes and cancels jobs, lets a held run go on, rolls a release back; a viewer, too. */
    OPERATOR(Role.Id.OPERATOR, VIEWER),
    /** Uses the served model: chat, OpenAI API, feedback. */
    CLIENT(Role.Id.CLIENT),
    /** May do everything; alone publishes guidelines and decides against the gate. */
    ADMIN(Role.Id.ADMIN, VIEWER, ANNOTATOR, REVIEWER, OPERATOR, CLIENT);

    /** The ids, as the annotations on routes need them. */
    public static final class Id {

        public static final String VIEWER = "viewer";
        public static final String ANNOTATOR = "annotator";
        public static final String REVIEWER = "reviewer";
        public static final String OPERATOR = "operator";
        public static final String CLIENT = "client";
        public static final String ADMIN = "admin";

        private Id() {}
    }

    private final String id;
    private final List<Role> included;

    Role(String id, Role... included) {
        this.id = id;
        this.included = List.of(included);
    }

    /** As keys, tokens and message codes name it, for example {@code reviewer}. */
    public String id() {
        return id;
    }

    /** The ids of this role and of those that it includes. */
    public Set<String> ids() {
        return Stream.concat(Stream.of(this), included.stream()).map(Role::id).collect(Collectors.toUnmodifiableSet());
    }

    /** The ids of every role. */
    public static Set<String> all() {
        return expanded(Arrays.stream(values()).map(Role::id).toList());
    }

    /** {@code ids} and those of the roles that they include; what is no role of ours includes none. */
    public static Set<String> expanded(Iterable<String> ids) {
        Set<Role> named = EnumSet.noneOf(Role.class);
        ids.forEach(one ->
                Arrays.stream(values()).filter(role -> role.id.equals(one)).forEach(named::add));
        return named.stream().flatMap(role -> role.ids().stream()).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * The role called {@code id}.
     *
     * @throws InvalidInputException if there is none
     */
    public static Role of(String id) {
        return Arrays.stream(values())
                .filter(role -> role.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException(Reason.of("keys.unknownRole")
                        .with("role", id)
                        .with("roles", Arrays.stream(values()).map(Role::id).collect(Collectors.joining(", ")))));
    }
}
