package io.alignstream.stageruntime.web;

import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import java.util.Optional;

/**
 * A section of figures that a script fills from the service's own resource; produce one as a {@code @Singleton} bean.
 *
 * @param title code of the heading
 * @param path of the script below {@code META-INF/resources}
 */
public record FiguresPanel(Template template, String title, String path) implements Panel {

    /** A section that {@code alignstream/figures-view.js} fills. */
    public FiguresPanel(Template template, String title) {
        this(template, title, "alignstream/figures-view.js");
    }

    @Override
    public TemplateInstance content() {
        return template.instance();
    }

    @Override
    public Optional<String> script() {
        return Optional.of(path);
    }
}
