package io.alignstream.stageruntime.settings;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The main program of every service: one that cannot start with its settings says so in a line for each, no more. */
@QuarkusMain
public final class ServiceProgram {

    /** It greets at INFO, before the configuration says what is logged. */
    private static final Logger VALIDATOR = Logger.getLogger("org.hibernate.validator.internal.util.Version");

    private ServiceProgram() {}

    public static void main(String[] arguments) {
        VALIDATOR.setLevel(Level.WARNING);
        Quarkus.run(null, ServiceProgram::exit, arguments);
    }

    private static void exit(int code, @Nullable Throwable failure) {
        if (failure != null) {
            List<String> problems = SettingProblems.of(failure);
            if (problems.isEmpty()) {
                Logger.getLogger(ServiceProgram.class.getName()).log(Level.SEVERE, "Failed to start", failure);
            } else {
                System.err.println("These settings cannot be:\n    " + String.join("\n    ", problems)
                        + "\nChange them and start again. Every setting with its meaning, range and default:"
                        + " ./alignstream settings, docs/settings.md");
            }
        }
        System.exit(code);
    }
}
