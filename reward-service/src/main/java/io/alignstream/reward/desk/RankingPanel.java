package io.alignstream.reward.desk;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** How much there is to rank and how far people agree, with the way to the ranking page. */
@ApplicationScoped
public class RankingPanel implements Panel {

    private static final double HUNDREDTHS = 100;

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
        RankingDesk.Progress progress = desk.progress();
        List<Reason> lines = new ArrayList<>();
        lines.add(Reason.of("panel.reward.progress")
                .with("requests", progress.requests())
                .with("rankings", progress.rankings())
                .with("there", progress.there())
                .with("needed", progress.needed()));
        if (progress.alike() > 0) {
            lines.add(Reason.of("panel.reward.alike").with("prompts", progress.alike()));
        }
        progress.abstentions()
                .forEach((cause, times) -> lines.add(Reason.of("panel.reward.abstentions")
                        .with("cause", Reason.of("abstention." + cause))
                        .with("times", times)));
        return template.data("lines", lines).data("figures", figures());
    }

    private List<Figure> figures() {
        Agreement agreement = Agreement.of(desk);
        return List.of(
                new Figure("panel.reward.shared", Integer.toString(agreement.requests())),
                new Figure("panel.reward.alpha", rounded(agreement.alpha())),
                new Figure("panel.reward.concordance", rounded(agreement.concordance())),
                new Figure("panel.reward.pairs", rounded(agreement.pairs())),
                new Figure("panel.reward.accuracy", rounded(desk.accuracy())));
    }

    private static String rounded(OptionalDouble figure) {
        return figure.isPresent() ? Double.toString(Math.round(figure.getAsDouble() * HUNDREDTHS) / HUNDREDTHS) : "–";
    }

    /**
     * A figure of the panel.
     *
     * @param name code of its name
     */
    public record Figure(String name, String value) {}
}
