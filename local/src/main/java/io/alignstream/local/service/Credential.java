package io.alignstream.local.service;

import io.alignstream.local.process.ProcessGroup;
import java.net.http.HttpRequest;

/**
 * With what the launcher's own calls come in: the API key in the environment variable {@code ALIGNSTREAM_KEY}, where there is
 * one. A command line would show it to everybody on the machine.
 */
final class Credential {

    private Credential() {}

    /** Adds the key, if there is one. */
    static HttpRequest.Builder with(HttpRequest.Builder request) {
        String key = System.getenv(ProcessGroup.CREDENTIAL);
        return key == null || key.isBlank() ? request : request.header("Authorization", "Bearer " + key.strip());
    }
}
