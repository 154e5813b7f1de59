package io.alignstream.pretrain.distil;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.Learner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A model that knows how often a traveller goes where, from many journeys; its students read a few. */
final class TinyTeacher {

    static final int POSITIONS = 64;

    private static final int STEPS = 120;

    private static final List<String> WHO = List.of("Ann", "Bo", "Chen", "Dora", "Emil");
    private static final List<String> WHERE =
            List.of("Basel", "Chengdu", "Dakar", "Lima", "Oslo", "Pune", "Quito", "Rome");

    private static @Nullable Path trained;

    private TinyTeacher() {}

    /** Journeys, other ones for each seed: the nearer a place in the list to the traveller's own, the more often. */
    static String journeys(int seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            int who = random.nextInt(WHO.size());
            int away = 0;
            while (away < 4 && random.nextBoolean()) {
                away++;
            }
            text.append(WHO.get(who))
                    .append(" goes to ")
                    .append(WHERE.get((who + away) % WHERE.size()))
                    .append(". ");
        }
        return text.toString();
    }

    static Tokenizer tokenizer() {
        return new BpeTrainer(300).train(IntStream.range(0, 20).mapToObj(i -> journeys(i, 20)));
    }

    /** The folder of the one that all tests of this process ask; made by the first. */
    static synchronized Path folder() throws IOException {
        Path made = trained;
        if (made == null) {
            made = Files.createTempDirectory(Path.of("target"), "teacher");
            train(made);
            trained = made;
        }
        return made;
    }

    private static void train(Path folder) throws IOException {
        Tokenizer tokenizer = tokenizer();
        TransformerConfig config = TransformerConfig.of(tokenizer.vocabularySize(), 2, 128, POSITIONS);
        try (Transformer model = Transformer.initialise(config, 7);
                Learner learner = new Learner(model, AdamW.Settings.PRETRAINING)) {
            NextTokenObjective objective = new NextTokenObjective(model);
            for (int step = 0; step < STEPS; step++) {
                int first = 1000 + 8 * step;
                List<int[]> rows = IntStream.range(first, first + 8)
                        .mapToObj(seed -> row(tokenizer, seed))
                        .toList();
                learner.step(objective, Sequences.packed(rows, -1), 3e-3 * Math.min(1, (STEPS - step) / 60.0));
            }
            config.save(folder, new int[] {tokenizer.endOfTurn(), tokenizer.endOfDocument()}, tokenizer.pad());
            tokenizer.save(folder);
            Safetensors.write(folder.resolve("model.safetensors"), model.tensors(), Map.of("format", "pt"));
        }
    }

    private static int[] row(Tokenizer tokenizer, int seed) {
        return IntStream.of(tokenizer.encode(journeys(seed, 40)))
                .limit(POSITIONS)
                .toArray();
    }

    /** A few journeys to learn from and some that nobody learns from. */
    static DistilText text(Tokenizer tokenizer) {
        return new DistilText(rows(tokenizer, 1, 12), rows(tokenizer, 500, 12), List.of(), List.of(), 0);
    }

    private static List<Conversation> rows(Tokenizer tokenizer, int first, int count) {
        return IntStream.range(first, first + count)
                .mapToObj(seed -> row(tokenizer, seed))
                .map(ids -> {
                    boolean[] all = new boolean[ids.length];
                    Arrays.fill(all, true);
                    return new Conversation(ids, all);
                })
                .toList();
    }

    /** The files of a job: few journeys to learn, as many held out, two prompts, an instruction on either side. */
    static void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        StringBuilder documents = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            documents.append("{\"text\":\"%s\",\"heldOut\":false}\n".formatted(journeys(i + 1, 12)));
            documents.append("{\"text\":\"%s\",\"heldOut\":true}\n".formatted(journeys(i + 500, 12)));
        }
        Files.writeString(folder.resolve("documents.jsonl"), documents);
        String line = "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"answers\":[%s],\"heldOut\":%s}\n";
        Files.writeString(
                folder.resolve("conversations.jsonl"),
                line.formatted("Ann goes", "", false)
                        + line.formatted("Bo goes", "", false)
                        + line.formatted("Chen goes", "\"to Dakar.\"", false)
                        + line.formatted("Dora goes", "\"to Lima.\"", true)
                        + line.formatted("Emil goes", "\"" + journeys(3, 60) + "\"", false));
    }

    static DistilJob job(Path folder, Path teacher, int layers, int width, long steps, double share) {
        return new DistilJob(
                folder.resolve("store/").toUri(),
                folder.resolve("cache"),
                folder,
                teacher,
                null,
                Stage.SFT,
                layers,
                width,
                POSITIONS,
                8,
                steps,
                3e-3,
                1,
                share,
                8,
                1,
                true);
    }
}
