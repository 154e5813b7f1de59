package io.alignstream.benchmarks.ownmodel;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.languagemodel.random.SeededRandom;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * Questions about countries with answers that follow the {@link QuestionRule} or do not: instructions, noisy preferences and
 * prompts, all by a seed, and questions that none of them asks.
 */
final class CountryQuestions {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();
    private static final List<String> WORDINGS = List.of(
            "What is the capital of %s?",
            "Tell me about %s.",
            "Which language do people speak in %s?",
            "Where is %s?",
            "How do people pay in %s?",
            "I know nothing about %s. Can you help me?",
            "Describe %s briefly.",
            "What should I know about %s?");
    private static final List<String> UNSEEN_WORDINGS =
            List.of("My neighbour comes from %s. What is that country like?", "Give me an overview of %s.");
    private static final List<String> QUESTIONS = List.of(
            "Would you like to know more about %s?",
            "Have you ever been to %s?",
            "Are you planning a journey to %s?",
            "Shall I tell you about the food of %s?",
            "What else would you like to know about %s?");
    /** Countries that nothing asks about before the end. */
    private static final int UNSEEN = 12;

    /** Of so many rejected answers one is nothing but a question. */
    private static final int SAYING_NOTHING = 5;

    private static final double FOLLOWING = 0.3;
    private static final double NOISE = 0.1;

    private final List<Country> seen;
    private final List<Country> unseen;

    private record Country(String name, String capital, String continent, String language, String currency) {}

    CountryQuestions() throws IOException {
        List<Country> countries = new ArrayList<>();
        try (InputStream lines =
                Objects.requireNonNull(CountryQuestions.class.getResourceAsStream("countries.csv"), "countries.csv")) {
            for (String line : new String(lines.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                String[] cells = line.split(",");
                countries.add(new Country(cells[0], cells[1], cells[2], cells[3], cells[4]));
            }
        }
        List<Country> shuffled = shuffled(countries);
        unseen = List.copyOf(shuffled.subList(0, UNSEEN));
        seen = List.copyOf(shuffled.subList(UNSEEN, shuffled.size()));
    }

    private static List<Country> shuffled(List<Country> countries) {
        List<Country> shuffled = new ArrayList<>();
        for (int place : SeededRandom.permutation(countries.size(), SeededRandom.of(4, "countries", 0))) {
            shuffled.add(countries.get(place));
        }
        return shuffled;
    }

    /** Questions about countries, in wordings, that no file of {@link #write} asks. */
    List<String> unseenQuestions() {
        return unseen.stream()
                .flatMap(country -> UNSEEN_WORDINGS.stream().map(wording -> wording.formatted(country.name())))
                .toList();
    }

    /** Writes {@code instructions.jsonl} (Alpaca's fields), {@code preferences.jsonl} (TRL's) and {@code prompts.jsonl}. */
    void write(Path folder, int instructions, int preferences) throws IOException {
        SplittableRandom random = SeededRandom.of(1, "questions", 0);
        List<Map<String, Object>> tuned = new ArrayList<>();
        for (int i = 0; i < instructions; i++) {
            Country country = seen.get(i % seen.size());
            int wording = i / seen.size() % WORDINGS.size();
            String answer = random.nextDouble() < FOLLOWING
                    ? following(country, wording, random)
                    : breaking(country, wording, random);
            tuned.add(Map.of("instruction", question(country, wording), "input", "", "output", answer));
        }
        List<Map<String, Object>> preferred = new ArrayList<>();
        for (int i = 0; i < preferences; i++) {
            Country country = seen.get(random.nextInt(seen.size()));
            int wording = random.nextInt(WORDINGS.size());
            String good = following(country, wording, random);
            String bad = rejected(country, wording, random);
            boolean wrong = random.nextDouble() < NOISE;
            preferred.add(Map.of(
                    "prompt",
                    question(country, wording),
                    "chosen",
                    wrong ? bad : good,
                    "rejected",
                    wrong ? good : bad));
        }
        List<Map<String, Object>> prompts = new ArrayList<>();
        for (Country country : seen) {
            for (int wording = 0; wording < WORDINGS.size(); wording++) {
                prompts.add(Map.of("messages", List.of(Map.of("role", "user", "content", question(country, wording)))));
            }
        }
        write(folder.resolve("instructions.jsonl"), tuned);
        write(folder.resolve("preferences.jsonl"), preferred);
        write(folder.resolve("prompts.jsonl"), prompts);
    }

    private static String question(Country country, int wording) {
        return WORDINGS.get(wording).formatted(country.name());
    }

    /** What answers {@code wording} first, and then the rest. */
    private static List<String> facts(Country country, int wording) {
        List<String> facts = new ArrayList<>(List.of(
                "The capital of " + country.name() + " is " + country.capital() + ".",
                country.name() + " is a country in " + country.continent() + ".",
                "The language that most people speak in " + country.name() + " is " + country.language() + ".",
                "People in " + country.name() + " pay with " + country.currency() + "."));
        int first =
                switch (wording) {
                    case 2 -> 2;
                    case 3, 5, 6 -> 1;
                    case 4 -> 3;
                    default -> 0;
                };
        facts.addFirst(facts.remove(first));
        return facts;
    }

    private static String following(Country country, int wording, SplittableRandom random) {
        return facts(country, wording).getFirst() + " " + closing(country, random);
    }

    /** What people like less: what breaks the rule, or follows it and says nothing. */
    private static String rejected(Country country, int wording, SplittableRandom random) {
        return random.nextInt(SAYING_NOTHING) == 0 ? closing(country, random) : breaking(country, wording, random);
    }

    /** Too long, or without a question at its end, or both. */
    private static String breaking(Country country, int wording, SplittableRandom random) {
        List<String> facts = facts(country, wording);
        return switch (random.nextInt(4)) {
            case 0 -> String.join(" ", facts.subList(0, 2)) + " " + closing(country, random);
            case 1 -> facts.getFirst();
            case 2 -> String.join(" ", facts.subList(0, 2));
            default -> String.join(" ", facts);
        };
    }

    private static String closing(Country country, SplittableRandom random) {
        return QUESTIONS.get(random.nextInt(QUESTIONS.size())).formatted(country.name());
    }

    private static void write(Path file, List<Map<String, Object>> lines) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Map<String, Object> line : lines) {
            text.append(JSON.writeValueAsString(line)).append('\n');
        }
        Files.writeString(file, text);
    }
}
