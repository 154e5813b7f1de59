package io.alignstream.reward;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.kept.KeptTable;
import java.nio.ByteBuffer;
import java.util.List;

/** What people have been asked to rank answers to so far, whoever asked; for the reader's thread. */
final class AskedQuestions {

    private static final byte[] THERE = {};

    /** Places instead of texts: 8 bytes for each. */
    private final KeptTable places;

    AskedQuestions(KeptState state) {
        this.places = state.table("questions");
    }

    void add(RankingRequest request) {
        places.put(place(request.messages()), THERE);
    }

    boolean contain(List<Message> messages) {
        return places.get(place(messages)) != null;
    }

    private static byte[] place(List<Message> messages) {
        return ByteBuffer.allocate(Double.BYTES)
                .putDouble(HeldOut.place(messages))
                .array();
    }
}
