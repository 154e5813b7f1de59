package io.alignstream.stageruntime.web;

import io.alignstream.contracts.Stage;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithParentName;
import java.util.Map;

/** Addresses of the other services' pages as seen from a browser: {@code alignstream.links.STAGE=http://…}. */
@ConfigMapping(prefix = "alignstream.links")
public interface Links {

    /** Address by stage, for example {@code sft} → {@code http://localhost:8083/}; other names are shown, too. */
    @WithParentName
    Map<String, String> links();

    /** Address of a stage's own page; empty where none is configured. At inference-service's first page is the overview. */
    default String page(String stage) {
        String address = links().getOrDefault(stage, "");
        if (address.isEmpty() || !stage.equals(Stage.INFERENCE.id())) {
            return address;
        }
        return address.endsWith("/") ? address + "stage" : address + "/stage";
    }
}
