package io.alignstream.stageruntime.web;

import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import io.quarkus.qute.TemplateInstance;
import jakarta.ws.rs.CookieParam;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.NewCookie;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who looks at a page: a {@code @BeanParam} that knows the visitor's language. It is the one chosen in the address, else
 * the one chosen before (a cookie, which the pages' scripts set, too), else one that the browser prefers.
 *
 * @param chosen in the address
 * @param remembered in the cookie
 * @param accepted what the browser prefers
 */
public record Visitor(
        @QueryParam("language") @Nullable String chosen,
        @CookieParam(Visitor.COOKIE) @Nullable String remembered,
        @HeaderParam(HttpHeaders.ACCEPT_LANGUAGE) @Nullable String accepted) {

    private static final String COOKIE = "alignstream-language";
    private static final int YEAR = 365 * 24 * 3600;

    /** The language to speak. */
    public Language language() {
        return Language.of(chosen).or(() -> Language.of(remembered)).orElseGet(() -> Language.preferred(accepted));
    }

    /** The catalogue of {@link #language()}. */
    public Messages messages() {
        return Messages.in(language());
    }

    /** Answers with a page, which gets {@code language} and {@code messages}; a choice in the address is remembered. */
    public Response page(TemplateInstance page) {
        Response.ResponseBuilder response = Response.ok(
                        page.data("language", language())
                                .data("messages", messages())
                                .render(),
                        "text/html;charset=UTF-8")
                .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                .header(HttpHeaders.VARY, "Accept-Language, Cookie");
        Optional<Language> choice = Language.of(chosen);
        choice.ifPresent(language -> response.cookie(new NewCookie.Builder(COOKIE)
                .value(language.id())
                .path("/")
                .maxAge(YEAR)
                .sameSite(NewCookie.SameSite.LAX)
                .build()));
        return response.build();
    }
}
