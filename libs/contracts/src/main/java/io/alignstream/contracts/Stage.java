package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** The six stages of the pipeline, in the order in which text and judgement pass through them. */
public enum Stage {
    @JsonProperty("tokenizer")
    TOKENIZER("tokenizer"),
    @JsonProperty("pretrain")
    PRETRAIN("base"),
    @JsonProperty("sft")
    SFT("sft"),
    @JsonProperty("reward")
    REWARD("reward"),
    @JsonProperty("rlhf")
    RLHF("aligned"),
    @JsonProperty("inference")
    INFERENCE("served");

    private final String model;

    Stage(String model) {
        this.model = model;
    }

    /** The stage's name as it stands in events, metrics, paths and the UI, for example {@code pretrain}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The service that runs this stage, for example {@code pretrain-service}. */
    public String service() {
        return id() + "-service";
    }

    /** What the stage's checkpoints are called: tokenizer, base, sft, reward, aligned; the last stage's is served. */
    public String model() {
        return model;
    }

    /** Offset of the service's HTTP port from the launcher's port base: 1 for the tokenizer up to 6 for inference. */
    public int portOffset() {
        return ordinal() + 1;
    }
}
