/**
 * Looking into a network: what it takes from where, what becomes of a word from block to block, how probable it finds
 * which answer.
 *
 * <p>An {@link io.alignstream.languagemodel.insight.Inspector} runs the network's own program and hands out what that
 * computes on its way; nothing here trains, and nothing that trains or serves comes here. A picture is worth what it
 * measures, so what is drawn is defined here, once: {@link io.alignstream.languagemodel.insight.Association} for the
 * demo's report and for the page, {@link io.alignstream.languagemodel.insight.PronounSentence} for a head that is said to
 * know what a pronoun stands for.
 */
@NullMarked
package io.alignstream.languagemodel.insight;

import org.jspecify.annotations.NullMarked;
