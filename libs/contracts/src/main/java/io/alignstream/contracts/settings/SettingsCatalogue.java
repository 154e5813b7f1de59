package io.alignstream.contracts.settings;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Stage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Every setting of every service; immutable. */
public final class SettingsCatalogue {

    /** What the names of all settings begin with. */
    public static final String PREFIX = "alignstream.";

    private static final List<Setting> ALL = read();

    /** Other variables that begin like a setting's belong to other programs, so only these are looked at. */
    private static final List<String> STAGE_VARIABLES = Arrays.stream(Stage.values())
            .map(stage -> "ALIGNSTREAM_" + stage.name() + "_")
            .toList();

    private SettingsCatalogue() {}

    /** All settings: those that every service has first, then each service's, in the order of their declaration. */
    public static List<Setting> all() {
        return ALL;
    }

    /** The setting that a property of this name is. */
    public static Optional<Setting> find(String property) {
        return ALL.stream().filter(setting -> setting.isNamed(property)).findFirst();
    }

    /**
     * What is wrong with the names of properties that somebody set; one line each.
     *
     * @param properties names of any properties and environment variables; those that are no setting's business pass
     */
    public static List<String> problems(Stream<String> properties) {
        return properties
                .sorted()
                .distinct()
                .flatMap(name -> problem(name).stream())
                .toList();
    }

    /** Why {@code name} cannot be set; empty if it can, or if it is no name of ours. */
    static Optional<String> problem(String name) {
        if (name.startsWith(PREFIX)) {
            return problem(name, Setting::name, find(name).isPresent());
        }
        if (STAGE_VARIABLES.stream().anyMatch(name::startsWith)) {
            return problem(name, Setting::variable, ALL.stream().anyMatch(setting -> setting.isSetBy(name)));
        }
        return Optional.empty();
    }

    private static Optional<String> problem(String name, Function<Setting, String> spelling, boolean known) {
        if (known) {
            return Optional.empty();
        }
        return Optional.of(renamed(name, spelling)
                .map(setting -> name + " is called " + spelling.apply(setting) + " now")
                .orElseGet(() -> name + " is not a setting; the nearest one is " + nearest(name, spelling)));
    }

    private static Optional<Setting> renamed(String name, Function<Setting, String> spelling) {
        return ALL.stream()
                .filter(setting -> setting.formerNames().stream()
                        .map(former -> spelling.apply(new Setting(former, "", "", "", List.of())))
                        .anyMatch(name::equals))
                .findFirst();
    }

    private static String nearest(String name, Function<Setting, String> spelling) {
        return ALL.stream()
                .map(spelling)
                .min(Comparator.comparingInt(known -> distance(name, known)))
                .orElseThrow();
    }

    /** Fewest letters to insert, remove or replace that make {@code to} of {@code from} (Levenshtein 1965). */
    private static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        Arrays.setAll(row, column -> column);
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }

    private static List<Setting> read() {
        try (InputStream resource = SettingsCatalogue.class.getResourceAsStream("settings.json")) {
            if (resource == null) {
                throw new IllegalStateException("settings.json is missing from the class path");
            }
            return List.copyOf(JsonMapper.builder().build().readValue(resource, new TypeReference<List<Setting>>() {}));
        } catch (IOException e) {
            throw new UncheckedIOException("settings.json cannot be read: " + e.getMessage(), e);
        }
    }
}
