package io.alignstream.reward;

import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.reward.desk.RankingDesk;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.kept.KeptRecords;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.kept.KeptTable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The prompts that may be sent out to be ranked with answers of one SFT model: the newest of each id, but none that a person
 * holds out for the gate, nor one that asks the same; and which of them were sent out. On the disk, for the reader's thread.
 *
 * <p>That is kept as prompts and requests come. All prompts are looked at only when there is another SFT model or the gate
 * asks something else, some at a time ({@link #prepare}).
 */
final class PromptBook implements Subscriptions.KeptHandler<Prompt>, AnswerSampling.Prompts {

    private static final int AT_ONCE = 20_000;

    /** Notes: sha256 of the SFT model whose requests are looked for, and of the one before. */
    private static final String MODEL = "model";

    private static final String MODEL_BEFORE = "model before";
    /** Note: the last place that was looked at; none if all were. */
    private static final String LOOKED_AT = "looked at";

    private final RankingDesk desk;
    /** By the hashes of their ids: an order that is random and stays the same. */
    private final KeptRecords<Prompt> prompts;
    /** By the same, those that a person holds out. */
    private final KeptRecords<Prompt> forGate;
    /** By the same, those that were not sent out: what users disliked, and the others. */
    private final KeptTable openDisliked;

    private final KeptTable openOthers;
    /** By the same, the ids of the requests that were sent out. */
    private final KeptTable sentDisliked;

    private final KeptTable sentOthers;
    /** By the ids of requests, the places of their prompts. */
    private final KeptTable places;

    private final KeptTable notes;
    /** Null if those for the gate have changed since it was found out what they ask. */
    private @Nullable GatePrompts gate;

    private long changes;

    PromptBook(KeptState state, RankingDesk desk) {
        this.desk = desk;
        this.prompts = new KeptRecords<>(state, "prompts", Prompt.class);
        this.forGate = new KeptRecords<>(state, "prompts.gate", Prompt.class);
        this.openDisliked = state.table("prompts.open.disliked");
        this.openOthers = state.table("prompts.open.others");
        this.sentDisliked = state.table("prompts.sent.disliked");
        this.sentOthers = state.table("prompts.sent.others");
        this.places = state.table("prompts.requests");
        this.notes = state.table("prompts.notes");
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public void handle(Prompt prompt, Origin origin) {
        String place = place(prompt.id());
        Prompt before = prompts.get(place).orElse(null);
        if (!prompt.equals(before)) {
            prompts.put(place, prompt);
            changed(place, before, prompt);
        }
    }

    @Override
    public void withdrawn(String key) {
        String place = place(key);
        prompts.get(place).ifPresent(before -> {
            prompts.remove(place);
            changed(place, before, null);
        });
    }

    private void changed(String place, @Nullable Prompt before, @Nullable Prompt now) {
        changes++;
        if (isForGate(before) || isForGate(now)) {
            forGate.remove(place);
            if (now != null && isForGate(now)) {
                forGate.put(place, now);
            }
            gate = null;
            lookAgain();
        }
        forget(place, now == null && before != null ? before.id() : now == null ? "" : now.id());
        if (now != null) {
            sort(place, now);
        }
    }

    private static boolean isForGate(@Nullable Prompt prompt) {
        return prompt != null && HeldOut.isTagged(prompt.tags());
    }

    /** Texts in the order of the hashes as whole numbers. */
    private static String place(String id) {
        long hash = ByteBuffer.wrap(Sha256.bytes(id)).getLong();
        return HexFormat.of().toHexDigits(hash ^ Long.MIN_VALUE);
    }

    private GatePrompts gate() {
        GatePrompts known = gate;
        if (known == null) {
            List<Prompt> heldOut = new ArrayList<>();
            forGate.forEach((place, prompt) -> heldOut.add(prompt));
            known = GatePrompts.of(heldOut);
            gate = known;
        }
        return known;
    }

    /** How often a prompt has changed: as long as this stays the same, so do all of them. */
    long changes() {
        return changes;
    }

    /**
     * Looks at some more of the prompts, if they are to be looked at for {@code sft}.
     *
     * @return whether all of them were
     */
    boolean prepare(Reference sft) {
        String model = note(MODEL);
        if (!sft.sha256().equals(model)) {
            note(MODEL_BEFORE, model == null ? "" : model);
            note(MODEL, sft.sha256());
            lookAgain();
        }
        String last = note(LOOKED_AT);
        if (last == null) {
            return true;
        }
        List<Map.Entry<String, Prompt>> some = prompts.after(last, AT_ONCE);
        some.forEach(entry -> {
            forget(entry.getKey(), entry.getValue().id());
            sort(entry.getKey(), entry.getValue());
        });
        if (some.size() < AT_ONCE) {
            notes.remove(LOOKED_AT);
            return true;
        }
        note(LOOKED_AT, some.getLast().getKey());
        return false;
    }

    private void lookAgain() {
        note(LOOKED_AT, "");
    }

    private @Nullable String note(String name) {
        byte[] text = notes.get(name);
        return text == null ? null : new String(text, StandardCharsets.UTF_8);
    }

    private void note(String name, String text) {
        notes.put(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /** A request was asked, or is asked no more. */
    void requestChanged(String id) {
        byte[] place = places.get(id);
        if (place != null) {
            String where = new String(place, StandardCharsets.UTF_8);
            prompts.get(where).ifPresent(prompt -> {
                forget(where, prompt.id());
                sort(where, prompt);
            });
        }
    }

    private void forget(String place, String id) {
        for (String model : new String[] {MODEL, MODEL_BEFORE}) {
            String sha256 = note(model);
            if (sha256 != null) {
                places.remove(AnswerSampling.requestId(sha256, id));
            }
        }
        List.of(openDisliked, openOthers, sentDisliked, sentOthers).forEach(table -> table.remove(place));
    }

    private void sort(String place, Prompt prompt) {
        String model = note(MODEL);
        if (model == null || gate().areAskedBy(prompt.messages())) {
            return;
        }
        String request = AnswerSampling.requestId(model, prompt.id());
        places.put(request, place.getBytes(StandardCharsets.UTF_8));
        boolean disliked = AnswerSampling.isDisliked(prompt);
        KeptTable table =
                desk.asks(request) ? disliked ? sentDisliked : sentOthers : disliked ? openDisliked : openOthers;
        table.put(place, request.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void sent(boolean disliked, Consumer<RankingDesk.Fate> each) {
        KeptTable sent = disliked ? sentDisliked : sentOthers;
        KeptTable open = disliked ? openDisliked : openOthers;
        sent.forEach((place, request) -> each.accept(desk.fate(new String(request, StandardCharsets.UTF_8))));
        for (String alike : desk.alike()) {
            byte[] place = places.get(alike);
            if (place != null && open.get(place) != null) {
                each.accept(RankingDesk.Fate.REPLACED);
            }
        }
    }

    @Override
    public void open(boolean disliked, Predicate<Prompt> more) {
        KeptTable open = disliked ? openDisliked : openOthers;
        open.forEachWhile(
                (place, request) -> desk.fate(new String(request, StandardCharsets.UTF_8)) != RankingDesk.Fate.OPEN
                        || prompts.get(new String(place, StandardCharsets.UTF_8))
                                .map(more::test)
                                .orElse(true));
    }
}
