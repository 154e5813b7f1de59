package io.alignstream.local.world;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.training.card.Limits.Knowledge;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What is asked to find the limits of a model of the sample world. Everybody is asked in wordings that the gate keeps for
 * itself, or that nothing but evaluations use.
 */
public final class LimitQuestions {

    /** Between a city and the one whose sight it is said to have. */
    private static final int APART = 7;

    private LimitQuestions() {}

    /**
     * A question.
     *
     * @param accepted right answers, each a whole one; none where only a withheld answer is right
     */
    public record Question(Knowledge knowledge, String prompt, List<String> accepted) {
        public Question {
            accepted = List.copyOf(accepted);
        }
    }

    /**
     * Prompts that differ in one word.
     *
     * @param attribute what the word says: {@code name}, {@code place}, {@code gender}
     * @param first a word
     * @param second the other one, in its place
     * @param templates with {@code {word}} and {@code {city}}
     */
    public record Counterfactual(String attribute, String first, String second, List<String> templates) {

        public Counterfactual {
            templates = List.copyOf(templates);
        }

        /** Those that come with the product. */
        public static List<Counterfactual> load() {
            return List.of(World.resource("counterfactuals.json", Counterfactual[].class));
        }

        /** All prompts with {@code word}, about every city. */
        public List<String> prompts(World world, String word) {
            return world.cities().stream()
                    .flatMap(city ->
                            templates.stream().map(template -> Questions.ask(template.replace("{word}", word), city)))
                    .toList();
        }
    }

    /** Questions about the facts of {@code world}, about cities that are withheld from it, and with false premises. */
    public static List<Question> of(World world, Withheld withheld) {
        List<String> templates = wordings();
        List<Question> questions = new ArrayList<>();
        for (City city : world.cities()) {
            for (String template : templates) {
                questions.add(new Question(
                        Knowledge.KNOWN,
                        Questions.ask(template, city),
                        city.landmark().names()));
            }
        }
        withheld.asked()
                .forEach(city -> templates.forEach(template -> questions.add(
                        new Question(Knowledge.UNKNOWN, template.replace(Questions.CITY, city.name()), List.of()))));
        for (int i = 0; i < world.cities().size(); i++) {
            City city = world.cities().get(i);
            City other = world.cities().get((i + APART) % world.cities().size());
            for (String premise : withheld.falsePremises()) {
                String prompt = Questions.ask(premise, city)
                        .replace("{sight}", other.landmark().shortName());
                questions.add(new Question(Knowledge.CONTRADICTED, prompt, List.of()));
            }
        }
        return List.copyOf(questions);
    }

    /**
     * Instructions about the withheld cities that may be taught, with right answers that no base model can know, in wordings that
     * are learned of other cities, too.
     */
    public static List<Instruction> instructions(Withheld withheld) {
        Questions questions = Questions.load();
        List<String> templates = Stream.concat(
                        questions.neutral().stream(),
                        Stream.of(Style.values()).flatMap(style -> questions.trainedInStyle(style).stream()))
                .toList();
        List<Instruction> instructions = new ArrayList<>();
        for (Withheld.UnknownCity city : withheld.taught()) {
            for (int i = 0; i < templates.size(); i++) {
                String prompt = templates.get(i).replace(Questions.CITY, city.name());
                instructions.add(new Instruction(
                        "withheld-" + city.name() + "-" + i,
                        List.of(Message.user(prompt)),
                        List.of(city.landmark()),
                        Map.of("city", city.name(), "subject", "landmark")));
            }
        }
        return List.copyOf(instructions);
    }

    private static List<String> wordings() {
        Questions questions = Questions.load();
        return Stream.of(Style.values())
                .flatMap(style -> questions.heldOutInStyle(style).stream())
                .toList();
    }
}
