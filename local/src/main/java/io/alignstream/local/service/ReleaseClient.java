package io.alignstream.local.service;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A client of rlhf-service's releases; thread-safe. */
public final class ReleaseClient {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    /** Longer than the service gives the broker. */
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final ServiceClient service;

    public ReleaseClient(URI address) {
        this.service = new ServiceClient(address);
    }

    /**
     * The newest verdict on a candidate.
     *
     * @param key names the release in its address: {@code model/run}
     * @param decidedBy name of the person who decided, null where the gate did
     * @param figures what the gate measured
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Release(
            String key,
            String model,
            String run,
            Reference reference,
            ModelRelease.Verdict verdict,
            Reason reason,
            @Nullable String decidedBy,
            Map<String, Double> figures) {}

    /** All releases, the newest decision first. */
    public List<Release> list() {
        List<Release> releases = new ArrayList<>();
        for (int page = 0; ; page++) {
            JsonNode answer = service.get("/releases?page=" + page);
            answer.path("releases").forEach(release -> releases.add(release(release)));
            if (releases.size() >= answer.path("total").asInt()
                    || answer.path("releases").isEmpty()) {
                return releases;
            }
        }
    }

    /**
     * The one of {@code releases} whose run, or whose candidate's sha256, is or begins with {@code name}.
     *
     * @throws LaunchException if there is none, or more than one
     */
    public static Release find(List<Release> releases, String name) {
        List<Release> found = releases.stream()
                .filter(release -> !name.isBlank()
                        && (release.run().startsWith(name)
                                || release.reference().sha256().startsWith(name)))
                .toList();
        List<Release> exact =
                found.stream().filter(release -> release.run().equals(name)).toList();
        if (exact.size() == 1 || found.size() == 1) {
            return exact.size() == 1 ? exact.getFirst() : found.getFirst();
        }
        if (found.isEmpty()) {
            throw new LaunchException("There is no release whose run or candidate begins with '" + name
                    + "'; ./alignstream release list shows them.");
        }
        throw new LaunchException("'" + name + "' is the beginning of several releases ("
                + found.stream().map(Release::run).collect(Collectors.joining(", ")) + "); give more of it.");
    }

    /** Publishes a person's verdict on {@code release} and returns how it stands then. */
    public Release decide(Release release, ModelRelease.Verdict verdict, String by, String reason) {
        String path = Arrays.stream(release.key().split("/"))
                .map(part -> URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"))
                .collect(Collectors.joining("/", "/releases/", ""));
        String body = JSON.createObjectNode()
                .put("verdict", verdict.id())
                .put("by", by)
                .put("reason", reason)
                .toString();
        return release(service.post(path, body, LIMIT));
    }

    private static Release release(JsonNode json) {
        try {
            return JSON.treeToValue(json, Release.class);
        } catch (IOException e) {
            throw new LaunchException("rlhf-service sent what is no release: " + json, e);
        }
    }
}
