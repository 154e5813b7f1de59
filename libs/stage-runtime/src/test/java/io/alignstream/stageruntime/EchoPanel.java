package io.alignstream.stageruntime;

import io.alignstream.stageruntime.web.Panel;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import io.quarkus.qute.TemplateInstance;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** A service's own section. */
@ApplicationScoped
public class EchoPanel implements Panel {

    private final Template template;

    EchoPanel(@Location("echo-panel.html") Template template) {
        this.template = template;
    }

    @Override
    public String title() {
        return "panel.echo";
    }

    @Override
    public TemplateInstance content() {
        return template.instance();
    }

    @Override
    public Optional<String> script() {
        return Optional.of("echo/echo.js");
    }
}
