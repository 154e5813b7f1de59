package io.alignstream.local.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.TestSites;
import io.alignstream.local.chaos.TrialWorld;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.project.Project;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The images that {@code -Pimages} has built, run as pods run them but without a container engine: unpacked, in namespaces of their
 * own, as user 10001, on a root that cannot be written to, with the environment of {@code k8s/base}.
 *
 * <p>Run by {@code .ci/images}, which says so where the machine refuses namespaces.
 */
class ImageIT {

    private static final Path IMAGES =
            Path.of("../images/target").toAbsolutePath().normalize();
    private static final int DOCUMENTS = 1_500;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    private static final Map<Stage, ContainerImage> UNPACKED = new EnumMap<>(Stage.class);

    private final RecordingConsole output = new RecordingConsole();

    @Test
    void everyServiceIsWellInItsImageAndABaseModelIsTrained() throws Exception {
        // Given
        Site site = TestSites.prepared(folder.resolve("site"));
        List<ProcessSpec> services = new ArrayList<>();
        for (Stage stage : Stage.values()) {
            services.add(service(site, stage));
        }

        // When: every service is up, and the first two have learned from documents
        Reference base;
        try (LocalCluster cluster = LocalCluster.start(site, TestSites.installation(), services, output.console())) {
            cluster.publish(List.of(documents()), output.console());
            base = cluster.follow(new Registry(), Stage.PRETRAIN, output.console())
                    .reference(Stage.PRETRAIN)
                    .orElseThrow();
        }

        // Then: the weights are on the volume, computed by the operators that this processor can run
        Path weights = site.store().resolve(Path.of("/data/store").relativize(Path.of(base.uri())));
        JsonNode manifest = JSON.readTree(weights.resolve("manifest.json").toFile());
        assertThat(manifest.at("/fingerprint/operators").asText()).matches("fused x86-64-v\\d(-bf16)? [0-9a-f]{12}");
        assertThat(Files.readString(site.log(Stage.PRETRAIN.service())))
                .contains(manifest.at("/fingerprint/operators").asText());
    }

    @Test
    void anImageSaysWhatItIsMadeOf() throws Exception {
        for (Stage stage : Stage.values()) {
            // Given
            ContainerImage image = unpacked(stage);

            // When
            JsonNode bill = JSON.readTree(image.root()
                    .resolve("usr/share/sbom/" + stage.service() + ".cdx.json")
                    .toFile());

            // Then: every jar stands in the bill, which lies beside the archive, too
            Set<String> named = new HashSet<>();
            bill.get("components")
                    .forEach(component -> named.add(component.path("group").asText() + "."
                            + component.get("name").asText() + "-"
                            + component.get("version").asText()));
            try (Stream<Path> jars = Files.walk(image.root().resolve("app/lib"))) {
                assertThat(jars.map(jar -> jar.getFileName().toString()).filter(name -> name.endsWith(".jar")))
                        .as(stage.service())
                        .isNotEmpty()
                        .allMatch(jar -> named.stream().anyMatch(jar::startsWith));
            }
            assertThat(IMAGES.resolve(stage.service() + ".cdx.json"))
                    .hasSameBinaryContentAs(image.root().resolve("usr/share/sbom/" + stage.service() + ".cdx.json"));
            assertThat(image.root().resolve("usr/share/sbom/base.cdx.json")).exists();
            assertThat(image.config().get("User").asText()).isEqualTo("10001:10001");
        }
    }

    /** A service in its image, with the folders that a pod mounts. */
    private ProcessSpec service(Site site, Stage stage) throws IOException {
        ContainerImage image = unpacked(stage);
        Path own = Files.createDirectories(folder.resolve("pods").resolve(stage.service()));
        Map<String, String> environment = new LinkedHashMap<>();
        image.texts("Env").forEach(entry -> put(environment, entry));
        try (Stream<String> lines = Files.lines(Path.of("../k8s/base/alignstream.env"))) {
            lines.filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(entry -> put(environment, entry));
        }
        for (JsonNode variable : Project.yaml("k8s/base/" + stage.service() + ".yaml")
                .getFirst()
                .at("/spec/template/spec/containers/0/env")) {
            if (variable.has("value")) {
                environment.put(
                        variable.get("name").asText(), variable.get("value").asText());
            }
        }
        environment.put("CONFINED_PRELOAD", environment.remove("LD_PRELOAD"));
        environment.remove("ALIGNSTREAM_ACCESS_KEYS");
        environment.put("ALIGNSTREAM_ACCESS_LOCAL", "true");
        environment.put("KAFKA_BOOTSTRAP_SERVERS", site.connection().servers());
        environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(site.port(stage)));
        environment.put("JDK_JAVA_OPTIONS", options(image));

        List<String> command = new ArrayList<>(List.of("/usr/bin/env", "-i"));
        environment.forEach((name, value) -> command.add(name + "=" + value));
        command.add(
                Path.of("../images/confined.sh").toAbsolutePath().normalize().toString());
        command.add(image.root().toString());
        command.add(Files.createDirectories(site.store()) + ":/data/store");
        command.add(Files.createDirectories(own.resolve("cache")) + ":/data/cache");
        command.add(Files.createDirectories(own.resolve("tmp")) + ":/tmp");
        command.add("--");
        command.addAll(image.texts("Entrypoint"));
        return new ProcessSpec(
                stage.service(),
                command,
                Map.of(),
                "image",
                List.of(site.port(stage)),
                new ServiceClient(site.address(stage))::isRunning,
                Duration.ofMinutes(3),
                Duration.ofSeconds(30));
    }

    /** Tiny networks; and a cache that does not fit its image is an error, where Java would go on without it. */
    private static String options(ContainerImage image) {
        return Stream.concat(
                        Stream.concat(
                                Stream.of("-Xmx384m"),
                                Files.exists(image.root().resolve("opt/alignstream/app.aot"))
                                        ? Stream.of("-XX:AOTMode=on")
                                        : Stream.empty()),
                        TrialWorld.TINY.stream())
                .collect(Collectors.joining(" "));
    }

    private static ContainerImage unpacked(Stage stage) throws IOException {
        ContainerImage image = UNPACKED.get(stage);
        if (image == null) {
            Path target = folder.resolve("images").resolve(stage.service());
            image = ContainerImage.unpack(IMAGES.resolve(stage.service() + ".tar"), target);
            UNPACKED.put(stage, image);
        }
        return image;
    }

    private static void put(Map<String, String> environment, String entry) {
        String[] parts = entry.split("=", 2);
        environment.put(parts[0], parts[1]);
    }

    private static EventSet<?> documents() {
        return DemoCommand.world(1, DOCUMENTS).getLast();
    }
}
