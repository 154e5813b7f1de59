package io.alignstream.reward;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import jakarta.enterprise.context.ApplicationScoped;

/** How much there is to rank, with the way to the ranking page. */
@ApplicationScoped
public class RankingPanel implements Panel {

    private final Template template;
    private final RankingDesk desk;

    RankingPanel(@Location("reward-panel.html") Template template, RankingDesk desk) {
        this.template = template;
        this.desk = desk;
    }

    @Override
    public String title() {
        return "panel.reward";
    }

    @Override
    public TemplateInstance content() {
        return template.data(
                "progress",
                Reason.of("panel.reward.progress")
                        .with("requests", desk.requests())
                        .with("rankings", desk.rankings()));
    }
}
