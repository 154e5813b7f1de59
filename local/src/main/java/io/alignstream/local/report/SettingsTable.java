package io.alignstream.local.report;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.settings.Setting;
import io.alignstream.local.service.SiteSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Settings as text: for the terminal with the values of a site, and as docs/settings.md. */
public final class SettingsTable {

    /** What the settings that every service has are called, beside the services. */
    public static final String COMMON = "common";

    private SettingsTable() {}

    /** Names of the parts: {@value #COMMON}, then the services. */
    public static List<String> parts() {
        return Stream.concat(Stream.of(COMMON), Arrays.stream(Stage.values()).map(Stage::service))
                .toList();
    }

    /** The settings of one part. */
    public static List<Setting> of(String part, List<Setting> settings) {
        return settings.stream().filter(belongsTo(part)).toList();
    }

    private static Predicate<Setting> belongsTo(String part) {
        List<String> stages = Arrays.stream(Stage.values()).map(Stage::id).toList();
        return part.equals(COMMON)
                ? setting -> !stages.contains(setting.group())
                : setting -> part.equals(setting.group() + "-service");
    }

    /** Two lines for each setting: name and value, then range, default and meaning; a star where they differ. */
    public static List<String> lines(List<Setting> settings, SiteSettings site) {
        List<String> lines = new ArrayList<>();
        for (Setting setting : settings) {
            String mark = site.differs(setting) ? "* " : "  ";
            if (site.of(setting).isEmpty()) {
                lines.add(mark + setting.name());
            }
            site.of(setting).forEach((name, value) -> lines.add(mark + name + (value.isEmpty() ? "" : " = " + value)));
            lines.add("      " + setting.meaning());
            lines.add("      " + setting.range() + "; "
                    + (setting.defaultValue().isEmpty() ? "no default" : "default " + setting.defaultValue()));
        }
        return lines;
    }

    /** The content of docs/settings.md. */
    public static String markdown(List<Setting> settings) {
        StringBuilder text = new StringBuilder(
                """
                # Settings

                Generated from the services' `…Config` interfaces; the values of a site: `./alignstream settings`.

                A setting is given to the launcher as `--service-option=-DNAME=VALUE` or in a run file (`--run`), to a service of its own as a JVM option or as an
                environment variable (`alignstream.sft.epochs` is `ALIGNSTREAM_SFT_EPOCHS`). A service whose settings cannot be, a name that is none among them, does not start
                and says which and why. `${…}` is the value of another setting, with what it is where that is not set. Times are ISO 8601 durations or like `90s`, `5m`, `2h`.
                """);
        for (String part : parts()) {
            text.append("\n## ")
                    .append(part.equals(COMMON) ? "Every service" : part)
                    .append("\n\n");
            text.append("| setting | meaning | range | default |\n| --- | --- | --- | --- |\n");
            for (Setting setting : of(part, settings)) {
                text.append("| `%s` | %s | %s | %s |%n"
                        .formatted(
                                setting.name(),
                                setting.meaning(),
                                setting.range(),
                                setting.defaultValue().isEmpty() ? "" : "`" + setting.defaultValue() + "`"));
            }
        }
        return text.toString();
    }
}
