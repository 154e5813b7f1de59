package io.alignstream.stageruntime.web;

import io.alignstream.contracts.messages.Language;
import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import java.util.Optional;

/**
 * A section of figures that a script fills from the service's own resource; produce one as a {@code @Singleton} bean.
 *
 * @param template gets the {@link Language} as {@code language}, and {@code chinese}: whether it is Chinese
 * @param english heading
 * @param chinese heading
 * @param path of the script below {@code META-INF/resources}
 */
public record FiguresPanel(Template template, String english, String chinese, String path) implements Panel {

    /** A section that {@code alignstream/figures.js} fills. */
    public FiguresPanel(Template template, String english, String chinese) {
        this(template, english, chinese, "alignstream/figures.js");
    }

    @Override
    public String title(Language language) {
        return language == Language.CHINESE ? chinese : english;
    }

    @Override
    public TemplateInstance content(Language language) {
        return template.data("language", language).data("chinese", language == Language.CHINESE);
    }

    @Override
    public Optional<String> script() {
        return Optional.of(path);
    }
}
