package io.alignstream.stageruntime.web;

import io.quarkus.qute.TemplateInstance;
import java.util.Optional;

/**
 * A service's own section on its dashboard: register one as an {@code @ApplicationScoped} bean, or produce a
 * {@link FiguresPanel}.
 *
 * <p>Its data comes from the service's own REST resources, fetched by its script; the page refuses inline scripts.
 */
public interface Panel {

    /** The code of the section's heading in the message catalogues. */
    String title();

    /** What stands below the heading; gets the visitor's {@code language} and {@code messages}. */
    TemplateInstance content();

    /** Path of a JavaScript module below {@code META-INF/resources}, for example {@code reward/ranking.js}. */
    default Optional<String> script() {
        return Optional.empty();
    }
}
