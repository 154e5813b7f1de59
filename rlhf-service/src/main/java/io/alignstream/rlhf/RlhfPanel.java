package io.alignstream.rlhf;

import io.alignstream.stageruntime.web.FiguresPanel;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The figures of {@link RlhfFigures} on the dashboard. */
@Singleton
public class RlhfPanel {

    @Produces
    @Singleton
    Panel panel(@Location("rlhf-panel.html") Template template) {
        return new FiguresPanel(template, "panel.rlhf");
    }
}
