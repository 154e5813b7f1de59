package io.alignstream.tokenizer.vocabulary;

import io.alignstream.languagemodel.tokenizer.Derivation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A text on its way from symbols to tokens.
 *
 * @param names what each id that comes up stands for
 * @param symbols ids before any merge
 * @param pieces where in {@code symbols} each piece begins
 */
public record TokenSplit(
        String tokenizer,
        Map<Integer, VocabularyBrowser.Entry> names,
        List<Integer> symbols,
        List<Integer> pieces,
        List<Derivation.Step> steps) {

    /** Splits {@code text} with {@code tokenizer}, whose tokens {@code browser} knows by name. */
    public static TokenSplit of(Tokenizer tokenizer, VocabularyBrowser browser, String text) {
        Derivation derivation = tokenizer.derive(text);
        Map<Integer, VocabularyBrowser.Entry> names = new TreeMap<>();
        derivation.symbols().forEach(id -> names.put(id, browser.entry(id)));
        derivation.steps().forEach(step -> names.put(step.id(), browser.entry(step.id())));
        return new TokenSplit(tokenizer.sha256(), names, derivation.symbols(), derivation.pieces(), derivation.steps());
    }
}
