package io.alignstream.pretrain;

import io.alignstream.stageruntime.web.Language;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** The figures of {@link PretrainFigures} on the dashboard. */
@ApplicationScoped
public class PretrainPanel implements Panel {

    private final Template template;

    PretrainPanel(@Location("pretrain-panel.html") Template template) {
        this.template = template;
    }

    @Override
    public String title(Language language) {
        return language == Language.CHINESE ? "数据与基础模型" : "Data and base model";
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
