package io.alignstream.sft;

import io.alignstream.stageruntime.web.Language;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** The figures of {@link SftFigures} on the dashboard. */
@ApplicationScoped
public class SftPanel implements Panel {

    private final Template template;

    SftPanel(@Location("sft-panel.html") Template template) {
        this.template = template;
    }

    @Override
    public String title(Language language) {
        return language == Language.CHINESE ? "指令与微调模型" : "Instructions and SFT model";
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
