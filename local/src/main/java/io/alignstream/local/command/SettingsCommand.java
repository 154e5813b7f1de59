package io.alignstream.local.command;

import io.alignstream.contracts.settings.SettingsCatalogue;
import io.alignstream.local.report.SettingsTable;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream settings}. */
@Command(
        name = "settings",
        mixinStandardHelpOptions = true,
        description = {
            "Show every setting of the services with the value that this data folder's services run with, its meaning,"
                    + " range and default.",
            "",
            "A star marks values that are not the default. Another value: --service-option=-DNAME=VALUE of up, demo and"
                    + " train, or a run file."
        })
public final class SettingsCommand implements Callable<Integer> {

    /** The names for completion and help; short forms such as {@code sft} work, too. */
    static final class Parts extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Parts() {
            super(SettingsTable.parts());
        }
    }

    @Mixin
    SiteOptions options = new SiteOptions();

    @Parameters(
            arity = "0..1",
            paramLabel = "SERVICE",
            completionCandidates = Parts.class,
            description = "Only those of one of ${COMPLETION-CANDIDATES}; the part before -service is enough.")
    String service = "";

    @Option(names = "--markdown", description = "Print docs/settings.md instead.")
    boolean markdown;

    @Override
    public Integer call() {
        Console console = Console.standard();
        if (markdown) {
            console.text(SettingsTable.markdown(SettingsCatalogue.all()));
            return 0;
        }
        SiteSettings site = new SiteSettings(options.site(), System.getenv());
        for (String part : parts()) {
            console.line(part.equals(SettingsTable.COMMON) ? "every service" : part);
            SettingsTable.lines(SettingsTable.of(part, SettingsCatalogue.all()), site)
                    .forEach(console::line);
        }
        return 0;
    }

    private List<String> parts() {
        if (service.isEmpty()) {
            return SettingsTable.parts();
        }
        return SettingsTable.parts().stream()
                .filter(part -> part.equals(service) || part.equals(service + "-service"))
                .findFirst()
                .map(List::of)
                .orElseThrow(() -> new LaunchException("There is no service " + service + "; choose one of "
                        + String.join(", ", SettingsTable.parts()) + "."));
    }
}
