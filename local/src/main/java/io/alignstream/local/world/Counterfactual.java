package io.alignstream.local.world;

import java.util.List;

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
