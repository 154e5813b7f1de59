package io.alignstream.reward.desk;

import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/** What became of a request, by annotator, and of the request what decides about it; guarded by the desk. */
final class Asked {

    /** A request that so many people cannot judge is given to nobody any more. */
    private static final int MAX_ABSTENTIONS = 20;

    private final String id;
    private final int number;
    private final boolean gold;
    /** Whether no model has written its answers. */
    private final boolean written;

    private final int answers;
    private final DistinctAnswers distinct;
    private final SequencedMap<String, Counted> counted = new LinkedHashMap<>(2);
    private final Map<String, Publication> onTheirWay = new HashMap<>(2);
    private final Set<String> leases = new HashSet<>(2);
    private int abstentions;

    private Asked(String id, int number, boolean gold, boolean written, int answers, DistinctAnswers distinct) {
        this.id = id;
        this.number = number;
        this.gold = gold;
        this.written = written;
        this.answers = answers;
        this.distinct = distinct;
    }

    /**
     * A request of which nothing is known.
     *
     * @param distinct its different answers
     * @param number its place in the order of arrival
     */
    static Asked of(RankingRequest request, DistinctAnswers distinct, int number) {
        return new Asked(
                request.requestId(),
                number,
                request.tags().containsKey(RankingRequest.GOLD),
                request.model() == null,
                request.answers().size(),
                distinct);
    }

    /** The request {@code id} as {@link #bytes} has it: in nobody's hands. */
    static Asked of(String id, byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int number = in.readInt();
            boolean gold = in.readBoolean();
            boolean written = in.readBoolean();
            int answers = in.readUnsignedByte();
            List<List<Integer>> groups = new ArrayList<>();
            for (int left = in.readUnsignedByte(); left > 0; left--) {
                List<Integer> group = new ArrayList<>();
                for (int members = in.readUnsignedByte(); members > 0; members--) {
                    group.add(in.readUnsignedByte());
                }
                groups.add(group);
            }
            Asked asked = new Asked(id, number, gold, written, answers, new DistinctAnswers(groups));
            for (int left = in.readInt(); left > 0; left--) {
                asked.count(new Counted(in.readUTF(), in.readUTF(), in.readInt(), in.readLong()));
            }
            return asked;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that the topics say; not who has it in hand. */
    byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(number);
            out.writeBoolean(gold);
            out.writeBoolean(written);
            out.writeByte(answers);
            out.writeByte(distinct.count());
            for (List<Integer> group : distinct.groups()) {
                out.writeByte(group.size());
                for (int index : group) {
                    out.writeByte(index);
                }
            }
            out.writeInt(counted.size());
            for (Counted one : counted.values()) {
                out.writeUTF(one.annotator());
                out.writeUTF(one.cause());
                out.writeInt(one.partition());
                out.writeLong(one.offset());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    String id() {
        return id;
    }

    /** Its place in the order of arrival, which no other one has. */
    int number() {
        return number;
    }

    /** Number of its answers, the same ones counted, too. */
    int answers() {
        return answers;
    }

    /** Its different answers. */
    DistinctAnswers distinct() {
        return distinct;
    }

    boolean isGold() {
        return gold;
    }

    /** What the topic says, in its order. */
    SequencedMap<String, Counted> counted() {
        return counted;
    }

    /** Rankings that are accepted and not in the topic so far. */
    Map<String, Publication> onTheirWay() {
        return onTheirWay;
    }

    /** Who is ranking it now. */
    Set<String> leases() {
        return leases;
    }

    /** Whether somebody is ranking it, or a ranking is on its way. */
    boolean isInHand() {
        return !leases.isEmpty() || !onTheirWay.isEmpty();
    }

    /** Takes in what the topic says: it is on its way no more. */
    void count(Ranking ranking, Counted place) {
        count(place);
        Publication sent = onTheirWay.get(place.annotator());
        if (sent != null && sent.ranking().equals(ranking)) {
            onTheirWay.remove(place.annotator());
        }
    }

    private void count(Counted place) {
        withdraw(place.annotator());
        counted.put(place.annotator(), place);
        if (!place.judges()) {
            abstentions++;
        }
    }

    /** Takes back what the topic has said of an annotator, if anything. */
    void withdraw(String annotator) {
        Counted before = counted.remove(annotator);
        if (before != null && !before.judges()) {
            abstentions--;
        }
    }

    /** Whether the newest that is known of {@code annotator} is a judgement. */
    private boolean isJudgedBy(String annotator) {
        Publication sent = onTheirWay.get(annotator);
        Counted inTopic = counted.get(annotator);
        return sent == null ? inTopic != null && inTopic.judges() : judges(sent.ranking());
    }

    /** Whether {@code annotator} has judged it or said that they cannot. */
    boolean isSettledBy(String annotator) {
        return counted.containsKey(annotator) || onTheirWay.containsKey(annotator);
    }

    /** Who has judged it or said that they cannot. */
    Set<String> settledBy() {
        Set<String> people = new HashSet<>(counted.keySet());
        people.addAll(onTheirWay.keySet());
        return people;
    }

    RankingDesk.Fate fate() {
        return abstentions == 0 ? RankingDesk.Fate.ASKED : RankingDesk.Fate.REPLACED;
    }

    /** Whether a person's judgement of it stands before the {@link Positions#ends} of what was learned. */
    boolean isLearned(Map<Integer, Long> ends) {
        return counted.values().stream()
                .anyMatch(one ->
                        one.judges() && one.isBefore(ends) && !one.annotator().startsWith(RankingDesk.SIMULATED));
    }

    /** Number of judgements in the topic. */
    int judgements() {
        return counted.size() - abstentions;
    }

    /** Places that are taken by others than {@code annotator}: by judgements, and by leases. */
    int takenByOthers(String annotator) {
        int own = leases.contains(annotator) || isJudgedBy(annotator) ? 1 : 0;
        return taken() - own;
    }

    /** Places that are taken. */
    int taken() {
        int taken = leases.size() + judgements();
        for (Map.Entry<String, Publication> sent : onTheirWay.entrySet()) {
            Counted before = counted.get(sent.getKey());
            taken += (judges(sent.getValue().ranking()) ? 1 : 0) - (before != null && before.judges() ? 1 : 0);
        }
        return taken;
    }

    private static boolean judges(Ranking ranking) {
        return ranking.abstention() == null;
    }

    /** Whether it is a question at all, and one that people are to answer. */
    boolean isForPeople() {
        return distinct.count() > 1 && abstentions < MAX_ABSTENTIONS && !isRecorded();
    }

    /** Whether its answers were written for simulated annotators, and no model's. */
    private boolean isRecorded() {
        return written && counted.keySet().stream().anyMatch(annotator -> annotator.startsWith(RankingDesk.SIMULATED));
    }
}
