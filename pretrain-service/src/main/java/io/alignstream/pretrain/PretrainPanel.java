package io.alignstream.pretrain;

import io.alignstream.stageruntime.web.FiguresPanel;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The figures of {@link PretrainFigures} on the dashboard. */
@Singleton
public class PretrainPanel {

    @Produces
    @Singleton
    Panel panel(@Location("pretrain-panel.html") Template template) {
        return new FiguresPanel(template, "panel.pretrain");
    }
}
