package io.alignstream.training;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reference;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a model is made from, each parent by its role: the one place that says who is whose parent. Immutable.
 *
 * @param parents references by role, for example {@code base}
 */
public record Lineage(SortedMap<String, Reference> parents) {

    public static final String TOKENIZER = "tokenizer";
    /** The base model of an SFT model. */
    public static final String BASE = "base";
    /** The SFT model of a reward model or of an aligned one. */
    public static final String SFT = "sft";
    /** The reward model of an aligned model. */
    public static final String REWARD = "reward";
    /** The base model whose training another base model continues. */
    public static final String PREVIOUS = "previous";
    /** The model that a smaller one has learned from; weights of it are in none of the student's. */
    public static final String TEACHER = "teacher";

    public Lineage {
        parents = Collections.unmodifiableSortedMap(new TreeMap<>(parents));
    }

    /** Of a model that is made from nothing that is stored. */
    public static final Lineage NONE = new Lineage(new TreeMap<>());

    /** One parent. */
    public static Lineage of(String role, Reference parent) {
        return new Lineage(new TreeMap<>(Map.of(role, parent)));
    }

    /** One parent, and the tokenizer with which it was made, if that is known. */
    public static Lineage of(String role, Checkpoint parent) {
        Lineage lineage = of(role, parent.reference());
        Reference tokenizer = parent.parents().get(TOKENIZER);
        return tokenizer == null ? lineage : lineage.and(TOKENIZER, tokenizer);
    }

    /** One parent more. */
    public Lineage and(String role, Reference parent) {
        SortedMap<String, Reference> more = new TreeMap<>(parents);
        more.put(role, parent);
        return new Lineage(more);
    }

    /**
     * The parent in {@code role}.
     *
     * @throws IllegalStateException if there is none
     */
    public Reference parent(String role) {
        return find(role)
                .orElseThrow(() -> new IllegalStateException("there is no parent " + role + " among " + parents.keySet()
                        + "; its run was started by another version: cancel it and trigger a new one"));
    }

    /** The parent in {@code role}, if there is one. */
    public Optional<Reference> find(String role) {
        return Optional.ofNullable(parents.get(role));
    }

    /** Whether {@code checkpoint} was made from all of these, by content; it may have other parents besides. */
    public boolean isOf(Checkpoint checkpoint) {
        return parents.entrySet().stream().allMatch(parent -> {
            Reference theirs = checkpoint.parents().get(parent.getKey());
            return theirs != null && theirs.sha256().equals(parent.getValue().sha256());
        });
    }

    /** Those of {@code checkpoints} that were made from all of these, in their order. */
    public List<Checkpoint> of(Collection<Checkpoint> checkpoints) {
        return checkpoints.stream().filter(this::isOf).toList();
    }
}
