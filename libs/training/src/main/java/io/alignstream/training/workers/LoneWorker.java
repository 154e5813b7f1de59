package io.alignstream.training.workers;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Trainable;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/** The only worker of a run: has all shards, leads and meets nobody. */
final class LoneWorker implements Workers {

    private final int shards;

    LoneWorker(int shards) {
        this.shards = requireShards(shards);
    }

    static int requireShards(int shards) {
        if (Integer.bitCount(shards) != 1 || shards < 1) {
            throw new IllegalArgumentException("shards is " + shards + " but must be a power of two");
        }
        return shards;
    }

    @Override
    public int shards() {
        return shards;
    }

    @Override
    public Shards own() {
        return new Shards(0, shards);
    }

    @Override
    public boolean leads() {
        return true;
    }

    /** Nobody was asked. */
    @Override
    public boolean elected() {
        return false;
    }

    @Override
    public Gradients sum(List<Gradients> parts, Trainable trained) {
        return parts.getFirst();
    }

    @Override
    public double[] sum(double[] numbers) {
        return numbers;
    }

    @Override
    public OptionalInt audited() {
        return OptionalInt.empty();
    }

    @Override
    public void audit(String own, String others) {}

    @Override
    public List<Disagreement> disagreements() {
        return List.of();
    }

    @Override
    public boolean stoodBy() {
        return false;
    }

    @Override
    public boolean changed() {
        return false;
    }

    @Override
    public boolean meet(Standing mine, BooleanSupplier stop) {
        return true;
    }

    @Override
    public void lead(Handover state, Content content) {}

    @Override
    public Optional<Handover> follow(Standing mine, Path folder, BooleanSupplier stop) {
        throw new IllegalStateException("who works alone follows nobody");
    }

    @Override
    public String tell(String text) {
        return text;
    }

    @Override
    public void ending() {}

    @Override
    public void dismiss() {}

    @Override
    public SequencedMap<String, Double> figures(double seconds, long steps) {
        return new TreeMap<>();
    }

    @Override
    public Optional<Reason> news(long step) {
        return Optional.empty();
    }

    @Override
    public void close() {}
}
