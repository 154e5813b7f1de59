package io.alignstream.rlhf.rehearsal;

import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.training.Learner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A tiny model that has learned a few whole conversations, questions included. */
public final class ChattyModel {

    /** Questions, each with its answer. */
    public static final List<List<String>> CONVERSATIONS = List.of(
            List.of("成都", "熊猫基地"),
            List.of("西安", "兵马俑"),
            List.of("北京", "故宫"),
            List.of("成都必去", "熊猫"),
            List.of("西安必去", "兵马"),
            List.of("北京必去", "景点"));

    /** What {@link #reader} has read. */
    public static final String DOCUMENT = "the lake is in town";

    private ChattyModel() {}

    /** Trained until it says hardly anything else. */
    public static Transformer trained() {
        return trained(conversations());
    }

    /** The same that has read {@link #DOCUMENT}, too. */
    public static Transformer reader() {
        List<int[]> rows = new ArrayList<>(rows());
        rows.add(documentRow());
        return trained(Sequences.answers(rows, Collections.nCopies(rows.size(), 1)));
    }

    /** {@link #DOCUMENT}, every token but the first a target. */
    public static Sequences document() {
        return Sequences.answers(List.of(documentRow()), List.of(1));
    }

    private static int[] documentRow() {
        int[] text = TinyParents.TOKENIZER.encode(DOCUMENT);
        int[] document = new int[text.length + 2];
        document[0] = TinyParents.TOKENIZER.endOfDocument();
        System.arraycopy(text, 0, document, 1, text.length);
        document[text.length + 1] = TinyParents.TOKENIZER.endOfDocument();
        return document;
    }

    private static Transformer trained(Sequences texts) {
        Transformer model =
                Transformer.initialise(TransformerConfig.of(TinyParents.TOKENIZER.vocabularySize(), 4, 32, 48), 1);
        try (Learner learner = new Learner(model, AdamW.Settings.REINFORCEMENT)) {
            NextTokenObjective objective = new NextTokenObjective(model);
            for (int step = 0; step < 150; step++) {
                learner.step(objective, texts, 5e-3);
            }
        }
        return model;
    }

    /** All conversations, every token but the first a target. */
    public static Sequences conversations() {
        return Sequences.answers(rows(), Collections.nCopies(CONVERSATIONS.size(), 1));
    }

    private static List<int[]> rows() {
        return CONVERSATIONS.stream()
                .map(pair -> ChatTemplate.conversation(
                                TinyParents.TOKENIZER, List.of(Message.user(pair.getFirst())), pair.getLast())
                        .ids())
                .toList();
    }
}
