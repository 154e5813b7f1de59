package io.alignstream.rlhf.release;

import io.alignstream.stageruntime.web.FiguresPanel;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The dashboard's section on releases: a table, and buttons for a person's decision. */
@Singleton
public class ReleasesPanel {

    @Produces
    @Singleton
    Panel panel(@Location("releases-panel.html") Template template) {
        return new FiguresPanel(template, "panel.releases", "rlhf/releases-view.js");
    }
}
