package io.alignstream.rlhf;

import io.alignstream.stageruntime.web.Language;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** The figures of {@link RlhfFigures} on the dashboard. */
@ApplicationScoped
public class RlhfPanel implements Panel {

    private final Template template;

    RlhfPanel(@Location("rlhf-panel.html") Template template) {
        this.template = template;
    }

    @Override
    public String title(Language language) {
        return language == Language.CHINESE ? "策略与评审" : "Policy and gate";
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
