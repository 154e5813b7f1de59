package io.alignstream.local.service;

import io.alignstream.local.process.ProcessGroup;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * With what the launcher's own calls come in: the API key in the environment variable {@code ALIGNSTREAM_KEY}, or in the file
 * that {@code ALIGNSTREAM_KEY_FILE} names, where there is one. A command line would show it to everybody on the machine.
 */
final class Credential {

    private static final String FILE = ProcessGroup.CREDENTIAL + "_FILE";

    /** What to do where a service lets the launcher not in. */
    static final String HINT = "the launcher's calls take an API key from the environment variable "
            + ProcessGroup.CREDENTIAL + ", or from the file that " + FILE + " names";

    private Credential() {}

    /** Adds the key, if there is one. */
    static HttpRequest.Builder with(HttpRequest.Builder request) {
        key(System.getenv()).ifPresent(key -> request.header("Authorization", "Bearer " + key));
        return request;
    }

    /** The key that {@code environment} holds or leads to. */
    static Optional<String> key(Map<String, String> environment) {
        String key = environment.getOrDefault(ProcessGroup.CREDENTIAL, "");
        String file = environment.getOrDefault(FILE, "");
        if (key.isBlank() && !file.isBlank()) {
            try {
                key = Files.readString(Path.of(file));
            } catch (IOException e) {
                throw new LaunchException(
                        FILE + " is " + file + ", which cannot be read (" + e.getMessage()
                                + "); it must be a file with an API key and nothing else.",
                        e);
            }
        }
        return Optional.of(key.strip()).filter(text -> !text.isEmpty());
    }
}
