/**
 * The sample world: a table of facts about Chinese cities, and everything that the demonstration publishes from it.
 *
 * <p>{@code world/travel-world.json} holds the facts, {@code world/corpus.json} the sentence templates of the documents,
 * {@code world/questions.json} the ways to ask. A {@link io.alignstream.local.world.WorldGenerator} turns them into
 * documents, instructions, prompts and recorded rankings, which an {@link
 * io.alignstream.local.world.AnnotatorPopulation} of simulated people has made; a {@link io.alignstream.local.world.EvaluationSet} says what
 * is asked of the trained models afterwards. Cities are split by what is told about them ({@link
 * io.alignstream.local.world.Split}), so that knowledge and style can be measured on cities that no instruction or no
 * ranking mentions.
 *
 * <p>Everything is a function of the facts, the templates and a seed: the same seed gives the same events, whatever the
 * order in which they are asked for.
 */
@NullMarked
package io.alignstream.local.world;

import org.jspecify.annotations.NullMarked;
