package io.alignstream.local.service;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.settings.Setting;
import io.alignstream.contracts.settings.SettingsCatalogue;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The settings that the services of a site run with; immutable. */
public final class SiteSettings {

    /** Where a process keeps what it has read of the topics. */
    static final String VIEWS = "alignstream.views.folder";

    private static final Pattern OPTION =
            Pattern.compile("-D(" + Pattern.quote(SettingsCatalogue.PREFIX) + "[^=]+)=(.*)");
    private static final Pattern SECRET =
            Pattern.compile("-D([^=]*(?:password|secret|jaas|credentials[.])[^=]*)=.*", Pattern.CASE_INSENSITIVE);
    private static final Pattern EXPRESSION = Pattern.compile("\\$\\{([^:}]+)(?::([^}]*))?}");

    private final SequencedMap<String, String> given;
    private final Map<String, String> environment;
    private final List<String> secrets = new ArrayList<>();

    /**
     * The settings of {@code site}.
     *
     * @param environment variables of the process that starts the services, which count where no option does
     */
    public SiteSettings(Site site, Map<String, String> environment) {
        this.given = ofItself(site);
        this.environment = Map.copyOf(environment);
        for (String option : site.serviceOptions()) {
            Matcher secret = SECRET.matcher(option);
            if (secret.matches()) {
                secrets.add(secret.group(1));
            }
            Matcher matcher = OPTION.matcher(option);
            if (matcher.matches()) {
                given.put(matcher.group(1), matcher.group(2));
            }
        }
    }

    /** What a site tells its services by itself: its folders, its seed, its addresses, who may come in. */
    static SequencedMap<String, String> ofItself(Site site) {
        SequencedMap<String, String> settings = new LinkedHashMap<>();
        settings.put("alignstream.store.root", address(site.store()));
        settings.put("alignstream.store.cache", site.storeCache().toString());
        settings.put(
                "alignstream.tokenizer.state-dir",
                site.dataFolder().resolve("tokenizer-state").toString());
        settings.put(VIEWS, site.dataFolder().resolve("views").toString());
        settings.put("alignstream.seed", Long.toString(site.seed()));
        // Whoever sits at this machine may do everything: the services listen on it alone.
        settings.put("alignstream.access.local", "true");
        if (Files.exists(site.keys())) {
            settings.put("alignstream.access.keys", site.keys().toString());
        }
        for (Stage stage : Stage.values()) {
            settings.put("alignstream.links." + stage.id(), site.address(stage).toString());
        }
        return settings;
    }

    /** With a slash at its end whether or not the folder is there yet: another address would be another service. */
    private static String address(Path folder) {
        String uri = folder.toUri().toString();
        return uri.endsWith("/") ? uri : uri + "/";
    }

    /**
     * Fails if a name is given that no service knows: its value would have no effect, and nobody would notice; or one whose value
     * is a secret, which would stand on command lines and in site.json.
     */
    public void requireKnownNames() {
        secrets.stream().findFirst().ifPresent(name -> {
            throw new LaunchException(
                    "--service-option " + name + "=… would put a secret on command lines, which everybody on"
                            + " this machine reads, and into site.json. Set the environment variable "
                            + name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_") + " instead"
                            + (name.startsWith("kafka.") ? ", or name a file with --kafka-config." : "."));
        });
        List<String> problems = SettingsCatalogue.problems(given.keySet().stream());
        if (!problems.isEmpty()) {
            throw new LaunchException("These settings cannot be:\n    " + String.join("\n    ", problems)
                    + "\nEvery setting with its meaning, range and default: ./alignstream settings");
        }
    }

    /** Names and values of a setting; several, or none, where its name ends in {@code .*}. */
    public SequencedMap<String, String> of(Setting setting) {
        SequencedMap<String, String> values = new LinkedHashMap<>();
        if (setting.name().endsWith(".*")) {
            String prefix = setting.name().substring(0, setting.name().length() - 1);
            given.forEach((name, value) -> {
                if (name.startsWith(prefix)) {
                    values.put(name, value);
                }
            });
        } else {
            values.put(setting.name(), givenOr(setting, setting.defaultValue()));
        }
        return values;
    }

    /**
     * The value of the setting called {@code name}, which is one of the catalogue.
     *
     * @throws IllegalStateException if it is not
     */
    public String value(String name) {
        return SettingsCatalogue.all().stream()
                .filter(setting -> setting.name().equals(name))
                .findFirst()
                .flatMap(setting -> of(setting).values().stream().findFirst())
                .orElseThrow(() -> new IllegalStateException("there is no setting " + name));
    }

    /** Whether an option or the environment says what the setting called {@code name} is to be. */
    public boolean isGiven(String name) {
        return given.containsKey(name)
                || SettingsCatalogue.find(name)
                        .map(setting -> environment.containsKey(setting.variable()))
                        .orElse(false);
    }

    /** Opens the store that the services use; the caller closes it. */
    public CheckpointStore openStore() throws IOException {
        return CheckpointStore.open(
                URI.create(value("alignstream.store.root")), Path.of(value("alignstream.store.cache")));
    }

    /** Whether {@code setting} has another value than its default. */
    public boolean differs(Setting setting) {
        return !of(setting).isEmpty() && !of(setting).containsValue(resolved(setting.defaultValue()));
    }

    private String givenOr(Setting setting, String otherwise) {
        return Optional.ofNullable(given.get(setting.name()))
                .or(() -> Optional.ofNullable(environment.get(setting.variable())))
                .orElseGet(() -> resolved(otherwise));
    }

    /** A default without the expressions that refer to other settings, JVM properties and variables. */
    private String resolved(String value) {
        return EXPRESSION
                .matcher(value)
                .replaceAll(match -> Matcher.quoteReplacement(
                        referred(match.group(1), match.group(2) == null ? match.group() : match.group(2))));
    }

    private String referred(String name, String otherwise) {
        return SettingsCatalogue.all().stream()
                .filter(setting -> setting.name().equals(name))
                .findFirst()
                .map(setting -> givenOr(setting, otherwise))
                .or(() -> Optional.ofNullable(environment.get(name)))
                .orElseGet(() -> System.getProperty(name, otherwise));
    }
}
