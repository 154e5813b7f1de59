package io.alignstream.pretrain.distil;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.exchange.AtomicWrite;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import io.alignstream.languagemodel.generation.NotFiniteException;
import io.alignstream.languagemodel.generation.WeightFormat;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingFailedException;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.memory.MemoryPlan;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@code ./alignstream distil} starts: trains a student, and a network of its shape without a teacher, and compares.
 *
 * <p>Argument: the file with the {@link DistilJob}. The same job goes on where it was interrupted, and ends with the same
 * weights. What came of it is written to {@value #RESULT} in the job's folder.
 */
public final class DistilProgram {

    /** The result, beside the job's files. */
    public static final String RESULT = "result.json";

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final PrintStream out;
    private final DistilJob job;

    /**
     * What came of a job.
     *
     * @param run the student's
     * @param folder with the student's files on this machine
     * @param metrics its figures
     * @param models the comparison, the teacher in fp32 first
     */
    record Result(
            String run,
            long step,
            Reference reference,
            URI folder,
            Map<String, Double> metrics,
            int rows,
            long targets,
            int heldOutDocumentRows,
            int heldOutAnswers,
            int leftOut,
            List<Comparison.Row> models) {}

    private DistilProgram(PrintStream out, DistilJob job) {
        this.out = out;
        this.job = job;
    }

    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try {
            new DistilProgram(out, JSON.readValue(Path.of(arguments[0]).toFile(), DistilJob.class)).run();
        } catch (IllegalArgumentException
                | IOException
                | UncheckedIOException
                | NotFiniteException
                | TrainingFailedException e) {
            System.err.println("alignstream: " + e.getMessage());
            System.exit(1);
        }
        System.exit(0); // the engine's threads would keep it alive
    }

    /** Does the job; returns what came of it, which is written, too. */
    static Result run(DistilJob job, PrintStream out) throws IOException {
        return new DistilProgram(out, job).run();
    }

    private Result run() throws IOException {
        DistilSettings settings = job.settings();
        Tokenizer tokenizer = Tokenizer.load(job.teacher());
        TransformerConfig teacher = TransformerConfig.load(job.teacher());
        TransformerConfig student = settings.shape(teacher);
        if (student.parameters() >= teacher.parameters()) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "a student of %d layers and width %d has %,d parameters and the teacher only %,d; choose fewer"
                            + " --layers or a smaller --width",
                    settings.layers(),
                    settings.width(),
                    student.parameters(),
                    teacher.parameters()));
        }
        say(
                "teacher: %,d parameters, %d layers of width %d; student: %,d, %d layers of width %d",
                teacher.parameters(),
                teacher.layers(),
                teacher.width(),
                student.parameters(),
                student.layers(),
                student.width());
        DistilText text = text(tokenizer);
        DistilLoop.Inputs inputs = new DistilLoop.Inputs(settings, job.teacher(), tokenizer, text);
        MemoryPlan plan = inputs.memory();
        say("memory: %,d MiB at most, %,d MiB are there", plan.bytes() >> 20, plan.available() >> 20);
        plan.requireRoom();
        try (CheckpointStore store = CheckpointStore.open(job.store(), job.cache());
                CheckpointStore aside = CheckpointStore.open(
                        job.folder().resolve("without-teacher/").toUri(), job.folder())) {
            TrainingRun run = run(store, settings, text);
            int networks = job.peer() ? 2 : 1;
            Trainer.Result trained = train("student", run, inputs, 0, networks);
            Path peer = job.folder();
            if (job.peer()) {
                DistilSettings alone = settings.alone();
                DistilLoop.Inputs same = new DistilLoop.Inputs(alone, job.teacher(), tokenizer, text);
                TrainingRun without = new TrainingRuns(aside, job.stage())
                        .of(Lineage.NONE, List.of(), alone.hyperparameters(text.sha256(), ""));
                Trainer.Result other = train("without the teacher", without, same, 1, networks);
                peer = aside.open(other.checkpoint()).folder();
            }
            Path folder = store.open(trained.checkpoint()).folder();
            List<Comparison.Row> models = compare(tokenizer, text, folder, peer);
            Result result = new Result(
                    run.id(),
                    trained.step(),
                    trained.checkpoint(),
                    folder.toUri(),
                    new TreeMap<>(trained.metrics()),
                    text.training().size(),
                    text.targets(),
                    text.documents().size(),
                    text.answers().size(),
                    text.leftOut(),
                    models);
            AtomicWrite.replace(
                    job.folder().resolve(RESULT), unfinished -> JSON.writeValue(unfinished.toFile(), result));
            out.println();
            ComparisonTable.lines(models).forEach(out::println);
            return result;
        }
    }

    private DistilText text(Tokenizer tokenizer) throws IOException {
        DistilText read = DistilText.read(
                job.folder().resolve("documents.jsonl"),
                job.folder().resolve("conversations.jsonl"),
                tokenizer,
                job.positions(),
                job.answerTokens());
        Progress progress = new Progress(out, "the teacher answers prompts");
        int asked = read.unanswered().size();
        TeacherAnswers sampled = new TeacherAnswers(job.answerTokens(), tokenizer.endOfTurn(), job.seed());
        List<Conversation> written = sampled.to(
                read.unanswered(), job.teacher(), done -> progress.at(done / (double) asked, done + " of " + asked));
        DistilText text = read.answered(written);
        say(
                "%,d rows to learn from, %,d of them answers of the teacher, %,d tokens that count; held out: %,d rows of"
                        + " documents, %,d answers; %,d conversations are left out, too long or not to be laid out",
                text.training().size(),
                asked,
                text.targets(),
                text.documents().size(),
                text.answers().size(),
                text.leftOut());
        return text;
    }

    private TrainingRun run(CheckpointStore store, DistilSettings settings, DistilText text) throws IOException {
        Reference reference = job.reference();
        String teacher =
                reference == null ? HuggingFaceModel.load(job.teacher()).sha256() : reference.sha256();
        Lineage lineage = reference == null ? Lineage.NONE : Lineage.of(Lineage.TEACHER, reference);
        return new TrainingRuns(store, job.stage())
                .of(lineage, List.of(), settings.hyperparameters(text.sha256(), teacher));
    }

    private Trainer.Result train(String name, TrainingRun run, DistilLoop.Inputs inputs, int before, int networks)
            throws IOException {
        Progress progress = new Progress(out, name);
        Monitor monitor = new Monitor() {
            @Override
            public boolean stopRequested() {
                return false;
            }

            @Override
            public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {
                progress.at(
                        step / (double) totalSteps,
                        String.format(
                                Locale.ROOT,
                                "network %d of %d, step %d of %d, loss %.3f",
                                before + 1,
                                networks,
                                step,
                                totalSteps,
                                figures.getOrDefault("loss", Double.NaN)));
            }

            @Override
            public void healed(HealingEvent event) {
                say("%s: went back to step %d", name, event.backTo());
            }
        };
        return new Trainer(run, inputs, inputs.settings().training(), monitor)
                .train()
                .orElseThrow();
    }

    private List<Comparison.Row> compare(Tokenizer tokenizer, DistilText text, Path student, Path peer)
            throws IOException {
        Progress progress = new Progress(out, "comparison");
        try (Comparison comparison = new Comparison(tokenizer, text)) {
            comparison.add("teacher", job.teacher(), WeightFormat.FLOAT32);
            comparison.add("teacher", job.teacher(), WeightFormat.INT8);
            comparison.add("student", student, WeightFormat.FLOAT32);
            comparison.add("student", student, WeightFormat.INT8);
            if (job.peer()) {
                comparison.add("alone", peer, WeightFormat.FLOAT32);
            }
            return comparison.rows(done -> progress.at(done / 100.0, ""));
        }
    }

    private void say(String line, Object... values) {
        out.println(String.format(Locale.ROOT, line, values));
    }
}
