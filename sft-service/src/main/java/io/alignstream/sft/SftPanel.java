package io.alignstream.sft;

import io.alignstream.stageruntime.web.FiguresPanel;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The figures of {@link SftFigures} on the dashboard. */
@Singleton
public class SftPanel {

    @Produces
    @Singleton
    Panel panel(@Location("sft-panel.html") Template template) {
        return new FiguresPanel(template, "panel.sft");
    }
}
