package io.alignstream.local.command;

import io.alignstream.local.input.LastPart;
import io.alignstream.local.input.file.InputException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * A run file: a short list of overrides, {@code runs/NAME.properties}.
 *
 * <p>Names that begin with {@code alignstream.} are settings of the services; {@code documents.validation-last} is the
 * share of a text file that is held out at its end.
 *
 * @param settings by their names, sorted
 * @param heldOut which text is held out
 */
record RunOptions(Map<String, String> settings, LastPart heldOut) {

    private static final String SETTINGS = "alignstream.";
    private static final String VALIDATION_LAST = "documents.validation-last";

    static RunOptions read(Path file) {
        Properties properties = properties(file);
        Map<String, String> settings = new TreeMap<>();
        LastPart heldOut = LastPart.BY_HASH;
        for (String name : properties.stringPropertyNames()) {
            String value = properties.getProperty(name, "").strip();
            if (name.equals(VALIDATION_LAST)) {
                heldOut = share(file, value);
            } else if (name.startsWith(SETTINGS) && !value.isEmpty()) {
                settings.put(name, value);
            } else {
                throw new InputException(
                        file,
                        name + "=" + value + " is not for a run file; names begin with " + SETTINGS + ", or are "
                                + VALIDATION_LAST);
            }
        }
        return new RunOptions(settings, heldOut);
    }

    /** Which text is held out by a file that may name other things than settings, as that of a sweep. */
    static LastPart heldOut(Path file) {
        return share(file, properties(file).getProperty(VALIDATION_LAST, "0").strip());
    }

    private static Properties properties(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new InputException(file, "cannot be read as a run file: " + e.getMessage());
        }
        return properties;
    }

    private static LastPart share(Path file, String value) {
        try {
            return new LastPart(Double.parseDouble(value));
        } catch (NumberFormatException e) {
            throw new InputException(file, VALIDATION_LAST + " is " + value + " but must be a number");
        } catch (IllegalArgumentException e) {
            throw new InputException(file, String.valueOf(e.getMessage()));
        }
    }

    /** The settings as options of a service's JVM, before {@code more}, which count where both name one. */
    List<String> serviceOptions(List<String> more) {
        List<String> options = new ArrayList<>();
        settings.forEach((name, value) -> options.add("-D" + name + "=" + value));
        options.addAll(more);
        return options;
    }
}
