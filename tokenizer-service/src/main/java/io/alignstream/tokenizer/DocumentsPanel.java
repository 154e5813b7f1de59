package io.alignstream.tokenizer;

import io.alignstream.stageruntime.web.Language;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** On the status page: what became of the documents. */
@ApplicationScoped
public class DocumentsPanel implements Panel {

    private final Template template;

    DocumentsPanel(@Location("documents-panel.html") Template template) {
        this.template = template;
    }

    @Override
    public String title(Language language) {
        return language == Language.CHINESE ? "文档" : "Documents";
    }

    @Override
    public TemplateInstance content(Language language) {
        return template.data("chinese", language == Language.CHINESE);
    }

    @Override
    public Optional<String> script() {
        return Optional.of("tokenizer/documents.js");
    }
}
