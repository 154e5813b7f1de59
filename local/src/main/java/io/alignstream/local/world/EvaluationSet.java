package io.alignstream.local.world;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is asked of the trained models, and which answers count; answers are compared whole.
 *
 * @param city the city of the association table
 * @param candidates the fixed candidate list of the association table, without repetition: probabilities are normalised
 *     over it
 * @param associations the rows of the table
 * @param stylePrompts requests in both registers for every city
 */
public record EvaluationSet(
        String city, List<String> candidates, List<Association> associations, List<StylePrompt> stylePrompts) {

    /** The prompt that the base model continues, after {@link #BASE_SEPARATOR}, with a candidate and a document end. */
    public static final String BASE_PROMPT = "成都必去景点";

    /** What stands between the prompt and a candidate when the base model is asked by continuation. */
    public static final String BASE_SEPARATOR = "：";

    private static final String TABLE_CITY = "成都";

    public EvaluationSet {
        candidates = List.copyOf(candidates);
        associations = List.copyOf(associations);
        stylePrompts = List.copyOf(stylePrompts);
    }

    /**
     * A row of the association table.
     *
     * @param stage {@code base}, {@code sft} or {@code aligned}; the base model is asked by continuation, the others
     *     through the chat template
     */
    public record Association(String stage, String prompt) {}

    /**
     * A request with a register.
     *
     * @param newWording whether nothing but the evaluation asks in these words
     * @param accepted the answers that count as right
     * @param styled the one of them that fits the register
     */
    public record StylePrompt(
            Split split,
            String city,
            Style style,
            boolean newWording,
            String prompt,
            List<String> accepted,
            String styled) {

        /** The right answer that does not fit the register. */
        public String unstyled() {
            return accepted.stream()
                    .filter(answer -> !answer.equals(styled))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** The evaluation of {@code world}: the table's city must be one of it. */
    public static EvaluationSet of(World world) {
        Questions questions = Questions.load();
        List<StylePrompt> stylePrompts = world.cities().stream()
                .flatMap(city -> Arrays.stream(Style.values())
                        .flatMap(style -> Stream.concat(
                                questions.inStyle(style).stream()
                                        .map(template -> stylePrompt(city, style, template, false)),
                                questions.newInStyle(style).stream()
                                        .map(template -> stylePrompt(city, style, template, true)))))
                .toList();
        return new EvaluationSet(TABLE_CITY, candidates(world.city(TABLE_CITY)), rows(), stylePrompts);
    }

    /** The style prompts about the cities of {@code split}, in wordings that only the evaluation uses or in the others. */
    public List<StylePrompt> stylePrompts(Split split, boolean newWordings) {
        return stylePrompts.stream()
                .filter(prompt -> prompt.split() == split && prompt.newWording() == newWordings)
                .toList();
    }

    private static List<Association> rows() {
        return List.of(
                new Association("base", BASE_PROMPT),
                new Association("sft", BASE_PROMPT),
                new Association("aligned", "成都有啥必去的地方啊"),
                new Association("aligned", "请推荐成都必去景点（书面报告用）"));
    }

    private static List<String> candidates(City city) {
        List<String> names = new ArrayList<>();
        names.add(city.landmark().shortName());
        names.add(city.landmark().formalName());
        names.add(city.sights().get(1).shortName());
        names.add(city.dishes().getFirst());
        names.add(MustSeeDeck.NOISE);
        city.otherSights().forEach(sight -> names.addAll(List.of(sight.shortName(), sight.formalName())));
        return List.copyOf(new LinkedHashSet<>(names));
    }

    private static StylePrompt stylePrompt(City city, Style style, String template, boolean newWording) {
        return new StylePrompt(
                city.split(),
                city.name(),
                style,
                newWording,
                Questions.ask(template, city),
                city.landmark().names(),
                style.nameOf(city.landmark()));
    }
}
