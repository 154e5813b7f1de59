package io.alignstream.stageruntime.web;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithParentName;
import java.util.Map;

/** Addresses of the other services' pages as seen from a browser: {@code alignstream.links.STAGE=http://…}. */
@ConfigMapping(prefix = "alignstream.links")
public interface Links {

    /** Address by stage, for example {@code sft} → {@code http://localhost:8083/}; other names are shown, too. */
    @WithParentName
    Map<String, String> links();
}
