package io.alignstream.inference.operation;

import io.alignstream.stageruntime.web.FiguresPanel;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The dashboard's section for those who run the service. */
@Singleton
public class OperationPanel {

    @Produces
    @Singleton
    Panel operationPanel(@Location("operation-panel.html") Template template) {
        return new FiguresPanel(template, "panel.operation", "inference/operation-view.js");
    }
}
