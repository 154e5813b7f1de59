package io.alignstream.inference;

import io.alignstream.stageruntime.web.Language;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** The dashboard's section on the served model: which one, since when, what the gate measured. */
@ApplicationScoped
public class InferencePanel implements Panel {

    private final Template template;

    InferencePanel(@Location("inference-panel.html") Template template) {
        this.template = template;
    }

    @Override
    public String title(Language language) {
        return language == Language.CHINESE ? "当前模型" : "Served model";
    }

    @Override
    public TemplateInstance content(Language language) {
        return template.data("chinese", language == Language.CHINESE);
    }

    @Override
    public Optional<String> script() {
        return Optional.of("inference/panel.js");
    }
}
