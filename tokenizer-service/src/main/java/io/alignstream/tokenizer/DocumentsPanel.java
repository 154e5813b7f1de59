package io.alignstream.tokenizer;

import io.alignstream.stageruntime.web.FiguresPanel;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** On the status page: what became of the documents. */
@Singleton
public class DocumentsPanel {

    @Produces
    @Singleton
    Panel panel(@Location("documents-panel.html") Template template) {
        return new FiguresPanel(template, "panel.documents", "tokenizer/documents-view.js");
    }
}
