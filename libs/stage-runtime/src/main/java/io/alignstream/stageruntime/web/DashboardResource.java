package io.alignstream.stageruntime.web;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.messages.Language;
import io.alignstream.stageruntime.StageDefinition;
import io.quarkus.arc.All;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.stream.Collectors;

/**
 * The stage's page: state, charts, runs, checkpoints, dead letters and the service's own panels. It is a service's first page,
 * {@code /}, where the service has no {@link FrontPage}, and {@value #STAGE_PAGE} in any case.
 */
@Path("/")
public class DashboardResource {

    private static final String STAGE_PAGE = "stage";

    private final StageDefinition definition;
    private final Links links;
    private final List<Panel> panels;
    private final List<FrontPage> fronts;
    private final Template template;

    DashboardResource(
            StageDefinition definition,
            Links links,
            @All List<Panel> panels,
            @All List<FrontPage> fronts,
            @Location("alignstream-dashboard.html") Template template) {
        this.definition = definition;
        this.links = links;
        this.panels = panels;
        this.fronts = fronts;
        this.template = template;
    }

    /** A link to a service's page; {@code href} is empty for a service whose address is not configured. */
    public record Link(String name, String href, boolean current) {}

    /**
     * A panel in the visitor's language.
     *
     * @param id by which other pages lead to it: the code of its title
     */
    public record Section(String id, String title, String html) {}

    /** What a service shows at {@code /} in place of its stage's page; a bean, one at most. */
    public interface FrontPage {
        Response page(Visitor visitor);
    }

    @GET
    @Produces(MediaType.TEXT_HTML)
    @RolesAllowed(Role.Id.VIEWER)
    public Response front(@BeanParam Visitor visitor) {
        return fronts.isEmpty() ? page(visitor) : fronts.getFirst().page(visitor);
    }

    @GET
    @Path(STAGE_PAGE)
    @Produces(MediaType.TEXT_HTML)
    @RolesAllowed(Role.Id.VIEWER)
    public Response page(@BeanParam Visitor visitor) {
        return visitor.page(template.data("stage", definition.stage())
                .data("languages", Language.values())
                .data("links", links())
                .data("overview", overview())
                .data("sections", sections(visitor))
                .data("scripts", scripts()));
    }

    private List<Section> sections(Visitor visitor) {
        return panels.stream()
                .map(panel -> new Section(
                        panel.title(),
                        visitor.messages().text(panel.title()),
                        panel.content()
                                .data("language", visitor.language())
                                .data("messages", visitor.messages())
                                .render()))
                .toList();
    }

    private SequencedSet<String> scripts() {
        return panels.stream()
                .flatMap(panel -> panel.script().stream())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** The overview of all services is inference-service's first page. */
    private String overview() {
        return fronts.isEmpty() ? links.links().getOrDefault(Stage.INFERENCE.id(), ".") : ".";
    }

    private List<Link> links() {
        List<Link> shown = new ArrayList<>();
        List<String> stages = Arrays.stream(Stage.values()).map(Stage::id).toList();
        for (String stage : stages) {
            shown.add(new Link(
                    stage, links.page(stage), stage.equals(definition.stage().id())));
        }
        links.links().forEach((name, address) -> {
            if (!stages.contains(name)) {
                shown.add(new Link(name, address, false));
            }
        });
        return shown;
    }
}
