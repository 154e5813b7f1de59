package io.alignstream.inference;

import io.alignstream.stageruntime.web.FiguresPanel;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The dashboard's section on the served model: which one, since when, what the gate measured. */
@Singleton
public class InferencePanel {

    @Produces
    @Singleton
    Panel panel(@Location("inference-panel.html") Template template) {
        return new FiguresPanel(template, "panel.inference", "inference/served-view.js");
    }
}
