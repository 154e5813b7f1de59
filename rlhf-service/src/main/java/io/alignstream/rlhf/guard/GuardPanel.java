package io.alignstream.rlhf.guard;

import io.alignstream.stageruntime.web.FiguresPanel;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The dashboard's section on the guard: the picture of reward and judge, and what a person may decide. */
@Singleton
public class GuardPanel {

    @Produces
    @Singleton
    Panel panel(@Location("guard-panel.html") Template template) {
        return new FiguresPanel(template, "panel.guard", "rlhf/guard-view.js");
    }
}
