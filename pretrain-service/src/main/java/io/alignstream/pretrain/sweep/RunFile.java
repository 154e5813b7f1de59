package io.alignstream.pretrain.sweep;

import io.alignstream.contracts.settings.SettingsCatalogue;
import io.alignstream.pretrain.PretrainConfig;
import io.alignstream.pretrain.PretrainSettings;
import io.alignstream.stageruntime.settings.SettingProblems;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** The settings of a run from a file of overrides, outside the service; immutable. */
public final class RunFile {

    private final Map<String, String> values;

    /** A file's content; what it does not name has its default. */
    public RunFile(Map<String, String> values) {
        this.values = new TreeMap<>(values);
    }

    /** Reads a properties file, UTF-8. */
    public static RunFile read(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is no properties file: " + e.getMessage(), e);
        }
        Map<String, String> values = new TreeMap<>();
        properties
                .stringPropertyNames()
                .forEach(name ->
                        values.put(name, properties.getProperty(name, "").strip()));
        return new RunFile(values);
    }

    /** Every name with its value. */
    public Map<String, String> values() {
        return Map.copyOf(values);
    }

    /** Token ids to learn at most. */
    public int vocabularySize() {
        return number("alignstream.tokenizer.vocabulary-size", "2048");
    }

    /** Tokens in a sequence. */
    public int sequenceLength() {
        return number("alignstream.tokenizer.sequence-length", "128");
    }

    private int number(String name, String otherwise) {
        String value = values.getOrDefault(name, otherwise);
        if (!value.matches("[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException(name + " is " + value + " but must be a number of 1 or more");
        }
        return Integer.parseInt(value);
    }

    /**
     * The settings of pretraining.
     *
     * @throws IllegalArgumentException if a name is unknown or a value is out of its range
     */
    public PretrainSettings settings() {
        List<String> unknown = SettingsCatalogue.problems(values.keySet().stream());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", unknown));
        }
        try {
            SmallRyeConfig config = new SmallRyeConfigBuilder()
                    .addDefaultInterceptors()
                    .withSources(new PropertiesConfigSource(values, "run file", 100))
                    .withMapping(PretrainConfig.class)
                    .withValidateUnknown(false)
                    .withValidator(new BeanValidationConfigValidatorImpl())
                    .build();
            return config.getConfigMapping(PretrainConfig.class).settings();
        } catch (ConfigValidationException e) {
            throw new IllegalArgumentException(String.join("; ", SettingProblems.of(e)), e);
        }
    }
}
