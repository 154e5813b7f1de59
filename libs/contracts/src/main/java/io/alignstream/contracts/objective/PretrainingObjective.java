package io.alignstream.contracts.objective;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;

/** What a model learns from documents. */
public enum PretrainingObjective {
    /** To go on with a text: what all later stages build on. */
    @JsonProperty("next-token")
    NEXT_TOKEN("next-token"),
    /** To fill blanks from both sides (Devlin et al., arXiv 1810.04805): nothing is built on it. */
    @JsonProperty("masked")
    MASKED("masked");

    private final String id;

    PretrainingObjective(String id) {
        this.id = id;
    }

    /** The name that it has in settings and events. */
    public String id() {
        return id;
    }

    /**
     * The objective called {@code id}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static PretrainingObjective of(String id) {
        return Arrays.stream(values())
                .filter(objective -> objective.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "alignstream.pretrain.objective is " + id + " but must be next-token or masked"));
    }
}
