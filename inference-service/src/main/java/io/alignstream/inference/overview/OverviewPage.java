package io.alignstream.inference.overview;

import io.alignstream.contracts.messages.Language;
import io.alignstream.stageruntime.web.DashboardResource;
import io.alignstream.stageruntime.web.Visitor;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;

/** The first page of the service, and of the whole: what the flow does, and the ways to everything else. */
@Singleton
public class OverviewPage implements DashboardResource.FrontPage {

    private final Template page;

    OverviewPage(@Location("overview.html") Template page) {
        this.page = page;
    }

    @Override
    public Response page(Visitor visitor) {
        return visitor.page(page.data("languages", Language.values()));
    }
}
