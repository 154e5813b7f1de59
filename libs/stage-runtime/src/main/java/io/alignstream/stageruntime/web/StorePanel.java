package io.alignstream.stageruntime.web;

import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The dashboard's section on the store: how full it is. */
@Singleton
public class StorePanel {

    @Produces
    @Singleton
    Panel panel(@Location("store-panel.html") Template template) {
        return new FiguresPanel(template, "panel.store");
    }
}
