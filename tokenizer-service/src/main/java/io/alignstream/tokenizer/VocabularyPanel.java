package io.alignstream.tokenizer;

import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** On the status page: a playground that shows the merges of any text, and the vocabulary. */
@ApplicationScoped
public class VocabularyPanel implements Panel {

    private final Template template;

    VocabularyPanel(@Location("vocabulary-panel.html") Template template) {
        this.template = template;
    }

    @Override
    public String title() {
        return "panel.vocabulary";
    }

    @Override
    public TemplateInstance content() {
        return template.data("maxText", TokenizerResource.MAX_TEXT);
    }

    @Override
    public Optional<String> script() {
        return Optional.of("tokenizer/vocabulary-view.js");
    }
}
