package io.alignstream.local.world;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How much of the pipeline's input mentions a city; fixed in the table of facts. */
public enum Split {
    /** In documents, instructions, prompts and rankings. */
    @JsonProperty("ranked")
    RANKED("ranked"),
    /** In documents and instructions, but in no ranking: measures whether a learned style carries over. */
    @JsonProperty("not-ranked")
    NOT_RANKED("not-ranked"),
    /** In documents only: measures whether answering instructions carries over. */
    @JsonProperty("pretrain-only")
    PRETRAIN_ONLY("pretrain-only"),
    /** In documents of no register only, and in nothing that anything is chosen by: the test at the end. */
    @JsonProperty("test")
    TEST("test");

    private final String id;

    Split(String id) {
        this.id = id;
    }

    /** The name in tags and reports. */
    public String id() {
        return id;
    }
}
