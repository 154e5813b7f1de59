package io.alignstream.sft;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Instructions whose facts the base model does not know are answered "I do not know": to be taught their answers teaches a model
 * to make up others (R-Tuning, Zhang and others 2023, <a href="https://arxiv.org/abs/2311.09677">arXiv 2311.09677</a>).
 *
 * <p>The base model is asked what the instruction asks, by continuation, as often as the settings say; it knows what at least one
 * of its texts holds on the first line. Instructions with the same answers are wordings of one fact, which is known if one of them
 * is answered: documents have few of the wordings that people use. A function of base model, instructions and settings: every
 * worker of a run, and every process that takes it up again, comes to the same.
 *
 * @param instructions all of them, by id, some with another answer
 * @param replaced how many have one
 */
record UnknownFacts(List<Instruction> instructions, int replaced) {

    private static final int BATCH = 64;
    private static final double TEMPERATURE = 1;

    UnknownFacts {
        instructions = List.copyOf(instructions);
    }

    /**
     * Asks the base model.
     *
     * @param base folder of its checkpoint
     */
    static UnknownFacts of(
            SftSettings.Unknown settings, long seed, Path base, Tokenizer tokenizer, Collection<Instruction> all)
            throws IOException {
        List<Instruction> sorted =
                all.stream().sorted(Comparator.comparing(Instruction::id)).toList();
        Set<String> unknown;
        try (Transformer network = Transformer.load(base);
                PreparedWeights weights = new PreparedWeights(network)) {
            int room = network.config().maxPositions() - settings.answerTokens();
            List<Instruction> asked = sorted.stream()
                    .filter(instruction -> question(tokenizer, instruction).length <= room)
                    .toList();
            unknown = unknown(settings, seed, weights, tokenizer, asked);
        }
        List<Instruction> taught = new ArrayList<>();
        int replaced = 0;
        for (Instruction instruction : sorted) {
            boolean withheld = unknown.contains(instruction.id())
                    && SeededRandom.of(seed, "withheld " + instruction.id(), 0).nextDouble() < settings.share();
            replaced += withheld ? 1 : 0;
            taught.add(
                    withheld
                            ? new Instruction(
                                    instruction.id(),
                                    instruction.messages(),
                                    List.of(settings.refusal(asked(instruction))),
                                    instruction.tags())
                            : instruction);
        }
        return new UnknownFacts(taught, replaced);
    }

    /** Ids of those with answers that no text holds, however they were asked for. */
    private static Set<String> unknown(
            SftSettings.Unknown settings,
            long seed,
            PreparedWeights weights,
            Tokenizer tokenizer,
            List<Instruction> asked) {
        AnswerSampler sampler = new AnswerSampler(TEMPERATURE, settings.answerTokens(), tokenizer.endOfDocument());
        Set<List<String>> known = new HashSet<>();
        for (int begin = 0; begin < asked.size(); begin += BATCH) {
            List<Instruction> batch = asked.subList(begin, Math.min(begin + BATCH, asked.size()));
            List<int[]> prompts = batch.stream()
                    .flatMap(instruction ->
                            Collections.nCopies(settings.samples(), question(tokenizer, instruction)).stream())
                    .toList();
            List<String> texts =
                    sampler.sample(weights, prompts, SeededRandom.of(seed, "asked of the base model", begin)).stream()
                            .map(text -> firstLine(tokenizer.decode(text.content())))
                            .toList();
            for (int i = 0; i < batch.size(); i++) {
                Instruction instruction = batch.get(i);
                if (texts.subList(i * settings.samples(), (i + 1) * settings.samples()).stream()
                        .anyMatch(
                                text -> instruction.referenceAnswers().stream().anyMatch(text::contains))) {
                    known.add(instruction.referenceAnswers());
                }
            }
        }
        return asked.stream()
                .filter(instruction -> !known.contains(instruction.referenceAnswers()))
                .map(Instruction::id)
                .collect(Collectors.toSet());
    }

    /** What is asked, as a document has it: the answer stands on the line below. */
    private static int[] question(Tokenizer tokenizer, Instruction instruction) {
        return tokenizer.encode(asked(instruction) + "\n");
    }

    private static String asked(Instruction instruction) {
        return instruction.messages().stream().map(Message::content).collect(Collectors.joining("\n"));
    }

    private static String firstLine(String text) {
        return text.strip().lines().findFirst().orElse("");
    }
}
