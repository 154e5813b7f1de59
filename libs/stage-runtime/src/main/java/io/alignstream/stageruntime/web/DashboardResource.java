package io.alignstream.stageruntime.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.stageruntime.StageDefinition;
import io.quarkus.arc.All;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.ws.rs.CookieParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.NewCookie;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The stage's page: state, charts, checkpoints, dead letters and the service's own panels. */
@Path("/")
public class DashboardResource {

    private static final String COOKIE = "alignstream-language";
    private static final int YEAR = 365 * 24 * 3600;

    private final StageDefinition definition;
    private final Links links;
    private final List<Panel> panels;
    private final Template template;
    private final ObjectMapper json;

    DashboardResource(
            StageDefinition definition,
            Links links,
            @All List<Panel> panels,
            @Location("alignstream-dashboard.html") Template template,
            ObjectMapper json) {
        this.definition = definition;
        this.links = links;
        this.panels = panels;
        this.template = template;
        this.json = json;
    }

    /** A link to a service's page; {@code href} is empty for a service whose address is not configured. */
    public record Link(String name, String href, boolean current) {}

    /** A button that posts to {@code job/ACTION}. */
    public record Button(String action, String label, String hint) {}

    /** A panel in the visitor's language. */
    public record Section(String title, String html) {}

    @GET
    @Produces(MediaType.TEXT_HTML)
    public Response page(
            @QueryParam("language") @Nullable String chosen,
            @CookieParam(COOKIE) @Nullable String remembered,
            @Context HttpHeaders headers)
            throws JsonProcessingException {
        Language language = Language.of(chosen)
                .or(() -> Language.of(remembered))
                .orElseGet(() -> Language.preferred(headers.getAcceptableLanguages()));
        Map<String, String> texts = Messages.in(language).sentences();
        String html = template.data("stage", definition.stage())
                .data("language", language)
                .data("languages", Language.values())
                .data("texts", texts)
                .data("textsJson", json.writeValueAsString(texts))
                .data("links", links())
                .data("buttons", buttons(texts))
                .data("sections", sections(language))
                .data(
                        "scripts",
                        panels.stream()
                                .map(Panel::script)
                                .flatMap(Optional::stream)
                                .toList())
                .render();
        Response.ResponseBuilder response = Response.ok(html)
                .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                .header(HttpHeaders.VARY, "Accept-Language, Cookie");
        if (Language.of(chosen).isPresent()) {
            response.cookie(new NewCookie.Builder(COOKIE)
                    .value(language.id())
                    .path("/")
                    .maxAge(YEAR)
                    .sameSite(NewCookie.SameSite.LAX)
                    .httpOnly(true)
                    .build());
        }
        return response.build();
    }

    private static List<Button> buttons(Map<String, String> texts) {
        return Stream.of("trigger", "pause", "resume", "cancel")
                .map(action -> new Button(
                        action,
                        texts.getOrDefault("action." + action, action),
                        texts.getOrDefault("action." + action + ".hint", action)))
                .toList();
    }

    private List<Section> sections(Language language) {
        return panels.stream()
                .map(panel -> new Section(
                        panel.title(language), panel.content(language).render()))
                .toList();
    }

    private List<Link> links() {
        List<Link> shown = new ArrayList<>();
        List<String> stages = Arrays.stream(Stage.values()).map(Stage::id).toList();
        for (String stage : stages) {
            shown.add(new Link(
                    stage,
                    links.links().getOrDefault(stage, ""),
                    stage.equals(definition.stage().id())));
        }
        links.links().forEach((name, address) -> {
            if (!stages.contains(name)) {
                shown.add(new Link(name, address, false));
            }
        });
        return shown;
    }
}
