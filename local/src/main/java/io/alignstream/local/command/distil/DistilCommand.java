package io.alignstream.local.command.distil;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.exchange.ExportFormat;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.command.release.ExportCommand;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.pipeline.PublishedRegistry;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.service.StageProgram;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.training.Lineage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./alignstream distil}: the door to pretrain-service's program, which runs in a JVM of its own. */
@Command(
        name = "distil",
        mixinStandardHelpOptions = true,
        description = {
            "Train a smaller student of a model, and compare.",
            "",
            "The student knows the same token ids. It learns what the teacher finds probable at each token of the clean"
                    + " documents, of the instructions' answers and of answers that the teacher writes to the prompts, none of"
                    + " them held out. In the end it stands beside the teacher, both also with weights in int8, and beside a"
                    + " network of the same shape, rows and steps that had no teacher: loss, size and speed.",
            "",
            "The student is a checkpoint of the store and announced, and nothing is built on it by itself. The same"
                    + " command goes on where it was interrupted. For example:",
            "  ./alignstream distil --layers 2 --width 64 --steps 2000 --candidate"
        })
public final class DistilCommand implements Callable<Integer> {

    private static final String PROGRAM = "io.alignstream.pretrain.distil.DistilProgram";
    private static final String RELEASE_NAME = "alignstream";
    private static final int USUAL_POSITIONS = 512;
    private static final int USUAL_ANSWER = 128;
    private static final int WIDTHS = 64;
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    @Mixin
    SiteOptions options = new SiteOptions();

    @Option(
            names = "--teacher",
            paramLabel = "DIR",
            description =
                    "A checkpoint's folder, or a Hugging Face directory; its student is not announced. Default: the"
                            + " release that was approved last, or else the SFT model in use, or else the base model.")
    @Nullable
    Path teacher;

    @Option(
            names = "--documents",
            arity = "1..*",
            paramLabel = "DIR_OR_FILE",
            description = "Texts to learn from instead of what the topics hold; with --teacher no broker is needed.")
    List<Path> documents = List.of();

    @Option(
            names = "--layers",
            paramLabel = "N",
            description = "Blocks of the student. Default: half of the teacher's.")
    @Nullable
    Integer layers;

    @Option(
            names = "--width",
            paramLabel = "N",
            description = "Size of its hidden state, a multiple of 64. Default: half of the teacher's.")
    @Nullable
    Integer width;

    @Option(
            names = "--positions",
            paramLabel = "N",
            description = "Tokens of its longest text. Default: the teacher's, at most 512.")
    @Nullable
    Integer positions;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "1000", description = "Steps. Default: 1000.")
    long steps;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "32", description = "Rows a step. Default: 32.")
    int batch;

    @Option(
            names = "--learning-rate",
            paramLabel = "RATE",
            defaultValue = "0.003",
            description = "Peak learning rate. Default: 0.003.")
    double learningRate;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "1",
            description = "Divides the logits of both before they are compared. Default: 1. At 2 small students were"
                    + " farther from their teacher (docs/log.md).")
    double temperature;

    @Option(
            names = "--share",
            paramLabel = "SHARE",
            defaultValue = "0.9",
            description = "Of the divergence from the teacher in the loss; the rest is the cross-entropy of the text."
                    + " Default: 0.9.")
    double share;

    @Option(
            names = "--answer-tokens",
            paramLabel = "N",
            description = "Longest answer of the teacher to a prompt. Default: 128, at most half of the positions.")
    @Nullable
    Integer answerTokens;

    @Option(
            names = "--without-peer",
            description =
                    "Do not train a network of the same shape without the teacher: half of the time, and nobody sees"
                            + " what the teacher was worth.")
    boolean withoutPeer;

    @Option(
            names = "--candidate",
            description =
                    "Put it among the candidates for a release, not approved: the gate has not judged it. ./alignstream"
                            + " release approve RUN serves it.")
    boolean candidate;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the figures as JSON, too.")
    @Nullable
    Path json;

    /** A teacher, and the student's stage. */
    private record Teacher(Path folder, @Nullable Reference reference, Stage stage) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        Console console = Console.standard();
        Site site = options.site();
        SiteSettings settings = new SiteSettings(site, System.getenv());
        Installation installation = Installation.current();
        if (teacher != null && candidate) {
            throw new LaunchException(
                    "--candidate needs a teacher of the pipeline: leave --teacher away, or import the model.");
        }
        if (teacher != null && !documents.isEmpty()) {
            Path folder = Files.createDirectories(site.dataFolder().resolve("distil"));
            return learn(given(teacher), ofFiles(settings, console), folder, settings, installation, console)
                    .map(result -> 0)
                    .orElse(1);
        }
        if (site.hasBroker() && !Files.isDirectory(site.kafka())) {
            throw new LaunchException("No stage has published a model yet in " + site.dataFolder()
                    + "; train one with ./alignstream train, or give --teacher and --documents.");
        }
        try (LocalCluster cluster = LocalCluster.startBroker(site, installation, console);
                CheckpointStore store = settings.openStore()) {
            Teacher asked = teacher == null ? published(site, store) : given(teacher);
            StudentText text = documents.isEmpty()
                    ? StudentText.published(
                            site.connection(),
                            number(settings, "alignstream.tokenizer.held-out-share"),
                            number(settings, "alignstream.held-out-share"),
                            asked.stage != Stage.PRETRAIN)
                    : ofFiles(settings, console);
            Path folder = Files.createDirectories(site.dataFolder().resolve("distil"));
            Optional<JsonNode> result = learn(asked, text, folder, settings, installation, console);
            if (result.isPresent() && asked.reference != null) {
                announce(asked.stage, asked.reference, result.get(), site, console);
            }
            return result.isPresent() ? 0 : 1;
        }
    }

    private static double number(SiteSettings settings, String name) {
        return Double.parseDouble(settings.value(name));
    }

    private static Teacher given(Path folder) {
        try {
            HuggingFaceModel model =
                    HuggingFaceModel.load(folder.toAbsolutePath().normalize());
            return new Teacher(
                    folder.toAbsolutePath().normalize(), null, model.hasTemplate() ? Stage.SFT : Stage.PRETRAIN);
        } catch (IOException e) {
            throw new LaunchException("Cannot learn from " + folder + ": " + e.getMessage() + ".", e);
        }
    }

    private static Teacher published(Site site, CheckpointStore store) throws IOException {
        Reference reference = ExportCommand.newest(PublishedRegistry.read(site.connection()), ExportFormat.HUGGINGFACE);
        StoredCheckpoint checkpoint = store.open(reference);
        return new Teacher(
                checkpoint.folder(),
                reference,
                checkpoint.manifest().stage() == Stage.PRETRAIN ? Stage.PRETRAIN : Stage.SFT);
    }

    private StudentText ofFiles(SiteSettings settings, Console console) {
        StudentText text = new StudentText(StudentText.MOST_CHARACTERS);
        DocumentSource source = DocumentSource.of(documents);
        source.validate();
        source.report().lines().forEach(console::line);
        double held = number(settings, "alignstream.tokenizer.held-out-share");
        source.forEach(document -> text.add(document.text(), document.labels(), held));
        return text;
    }

    /** Empty if the program failed, which has said why. */
    private Optional<JsonNode> learn(
            Teacher asked,
            StudentText text,
            Path below,
            SiteSettings settings,
            Installation installation,
            Console console)
            throws IOException, InterruptedException {
        TransformerConfig shape = TransformerConfig.load(asked.folder);
        console.line("teacher: " + asked.folder);
        console.line("%,d of %,d documents and %,d conversations"
                .formatted(text.documents(), text.seen(), text.conversations()));
        ObjectNode job = job(asked, shape, settings);
        String name = Sha256.hex(job.toString()).substring(0, 12);
        Path folder = Files.createDirectories(below.resolve(name));
        text.write(folder);
        Files.deleteIfExists(folder.resolve("result.json"));
        job.put("folder", folder.toString());
        Path file = folder.resolve("student.json");
        JSON.writeValue(file.toFile(), job);
        int code = new StageProgram(Stage.PRETRAIN, PROGRAM, "2g").run(installation, List.of(file.toString()));
        Path written = folder.resolve("result.json");
        if (code != 0 || !Files.isRegularFile(written)) {
            return Optional.empty();
        }
        JsonNode result = JSON.readTree(written.toFile());
        if (json != null) {
            Files.copy(written, json, StandardCopyOption.REPLACE_EXISTING);
        }
        console.line("");
        console.line("the student: " + result.path("reference").path("uri").asText());
        console.line("Export it with: ./alignstream export "
                + Path.of(URI.create(result.path("folder").asText())) + " --format gguf --to student.gguf");
        return Optional.of(result);
    }

    private ObjectNode job(Teacher asked, TransformerConfig shape, SiteSettings settings) {
        int longest = positions == null ? Math.min(shape.maxPositions(), USUAL_POSITIONS) : positions;
        if (longest > shape.maxPositions()) {
            throw new LaunchException("--positions is " + longest + " but the teacher reads no more than "
                    + shape.maxPositions() + " tokens.");
        }
        int half = Math.max(WIDTHS, Math.ceilDiv(shape.width() / 2, WIDTHS) * WIDTHS);
        return JSON.createObjectNode()
                .put("store", settings.value("alignstream.store.root"))
                .put("cache", settings.value("alignstream.store.cache"))
                .put("folder", "")
                .put("teacher", asked.folder.toString())
                .put("stage", asked.stage.id())
                .put("layers", layers == null ? Math.ceilDiv(shape.layers(), 2) : layers)
                .put("width", width == null ? half : width)
                .put("positions", longest)
                .put("batch", batch)
                .put("steps", steps)
                .put("learningRate", learningRate)
                .put("temperature", temperature)
                .put("share", share)
                .put("answerTokens", answerTokens == null ? Math.min(USUAL_ANSWER, longest / 2) : answerTokens)
                .put("seed", Long.parseLong(settings.value("alignstream.seed")))
                .put("peer", !withoutPeer)
                .set("reference", JSON.valueToTree(asked.reference));
    }

    private void announce(Stage stage, Reference parent, JsonNode result, Site site, Console console)
            throws IOException {
        Map<String, Double> metrics = new HashMap<>();
        result.path("metrics")
                .properties()
                .forEach(
                        figure -> metrics.put(figure.getKey(), figure.getValue().asDouble()));
        Reference reference = JSON.treeToValue(result.path("reference"), Reference.class);
        String run = result.path("run").asText();
        Checkpoint student = new Checkpoint(
                        stage,
                        run,
                        result.path("step").asLong(),
                        reference,
                        Map.of(Lineage.TEACHER, parent),
                        List.of(),
                        metrics)
                .with(new Checkpoint.Promotion(false, Reason.of("distil.student"), null));
        try (Publisher publisher = new Publisher(site.connection())) {
            publisher.publishAgain(Topic.CHECKPOINTS, student);
            if (candidate) {
                Reason why = Reason.of("release.distilled");
                publisher.publishAgain(
                        Topic.MODEL_RELEASES,
                        new ModelRelease(
                                RELEASE_NAME,
                                ModelRelease.Verdict.REJECTED,
                                reference,
                                run,
                                figures(result),
                                Messages.english(why),
                                why,
                                "distil"));
                console.line("Serve it with: ./alignstream release approve " + run + " --by NAME --reason TEXT");
            }
        }
    }

    /** What a person decides by: the student's figures, and the teacher's where that makes sense. */
    private static Map<String, Double> figures(JsonNode result) {
        Map<String, Double> figures = new HashMap<>();
        for (JsonNode model : result.path("models")) {
            String name = model.path("model").asText();
            if (!model.path("weights").asText().equals("float32") || name.equals("alone")) {
                continue;
            }
            put(figures, name + "/bitsPerByte", model.path("bitsPerByte"));
            put(figures, name + "/answerLoss", model.path("answerLoss"));
            if (name.equals("student")) {
                put(figures, name + "/teacherKl", model.path("teacherKl"));
                put(figures, name + "/agreement", model.path("agreement"));
            }
        }
        return figures;
    }

    private static void put(Map<String, Double> figures, String name, JsonNode value) {
        if (value.isNumber()) {
            figures.put(name, value.asDouble());
        }
    }
}
