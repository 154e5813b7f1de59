package io.alignstream.stageruntime.web;

import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import java.util.Optional;

/**
 * A section of figures that {@code alignstream/figures.js} fills from the service's own resource; produce one as a
 * {@code @Singleton} bean.
 *
 * @param template gets the {@link Language} as {@code language}
 * @param english heading
 * @param chinese heading
 */
public record FiguresPanel(Template template, String english, String chinese) implements Panel {

    @Override
    public String title(Language language) {
        return language == Language.CHINESE ? chinese : english;
    }

    @Override
    public TemplateInstance content(Language language) {
        return template.data("language", language);
    }

    @Override
    public Optional<String> script() {
        return Optional.of("alignstream/figures.js");
    }
}
