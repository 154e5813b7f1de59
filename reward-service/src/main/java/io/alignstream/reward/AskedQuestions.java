package io.alignstream.reward;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.split.HeldOut;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What people have been asked to rank answers to so far, whoever asked; for the reader's thread. */
final class AskedQuestions {

    /** Places instead of texts: 8 bytes for each. */
    private final Set<Double> places = new HashSet<>();

    void add(RankingRequest request) {
        places.add(HeldOut.place(request.messages()));
    }

    boolean contain(List<Message> messages) {
        return places.contains(HeldOut.place(messages));
    }
}
