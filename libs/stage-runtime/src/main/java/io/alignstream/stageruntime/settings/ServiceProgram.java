package io.alignstream.stageruntime.settings;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The main program of every service: one that cannot start with its settings says so in a line for each, no more. */
@QuarkusMain
public final class ServiceProgram {

    private static final Logger LOG = Logger.getLogger(ServiceProgram.class);

    private ServiceProgram() {}

    public static void main(String[] arguments) {
        Quarkus.run(null, ServiceProgram::exit, arguments);
    }

    private static void exit(int code, @Nullable Throwable failure) {
        if (failure != null) {
            List<String> problems = SettingProblems.of(failure);
            if (problems.isEmpty()) {
                LOG.error("Failed to start", failure);
            } else {
                System.err.println(message(problems));
            }
        }
        System.exit(code);
    }

    static String message(List<String> problems) {
        return "These settings cannot be:\n    " + String.join("\n    ", problems)
                + "\nChange them and start again. Every setting with its meaning, range and default:"
                + " ./alignstream settings, docs/settings.md";
    }
}
