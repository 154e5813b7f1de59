package io.alignstream.reward;

import io.alignstream.contracts.messages.Language;
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
    public String title(Language language) {
        return language == Language.CHINESE ? "人工排序" : "Human ranking";
    }

    @Override
    public TemplateInstance content(Language language) {
        return template.data("requests", desk.requests())
                .data("rankings", desk.rankings())
                .data("chinese", language == Language.CHINESE);
    }
}
