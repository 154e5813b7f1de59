package io.alignstream.training;

import io.alignstream.languagemodel.checkpoint.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** The best weights of a run so far, a copy outside of the heap, as a part of a loop's state; for one thread. */
public final class BestWeights {

    private static final String PREFIX = "best.";

    private final SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    /** Step at which they were the present ones; -1 if they came from a checkpoint. */
    private long step = -1;

    /** Copies the present weights, which at {@code atStep} are the best; into the memory of those that were. */
    public void keep(SequencedMap<String, Tensor> present, long atStep) {
        tensors.keySet().retainAll(present.keySet());
        present.forEach((name, tensor) -> {
            Tensor kept = tensors.get(name);
            tensors.put(name, kept == null ? tensor.copy() : tensor.copyInto(kept));
        });
        step = atStep;
    }

    /** Takes them from what {@link #addTo} made, if they are there. */
    public void restore(Map<String, Tensor> state) {
        SequencedMap<String, Tensor> found = below(PREFIX, state);
        if (!found.isEmpty()) {
            tensors.clear();
            tensors.putAll(found);
        }
    }

    /** Adds them to the state that is stored at {@code atStep}, unless they are the present weights, which lie there anyway. */
    public void addTo(Map<String, Tensor> state, long atStep) {
        if (step != atStep) {
            tensors.forEach((name, tensor) -> state.put(PREFIX + name, tensor));
        }
    }

    /** The weights; empty before the first evaluation. */
    public Optional<SequencedMap<String, Tensor>> tensors() {
        return tensors.isEmpty() ? Optional.empty() : Optional.of(new LinkedHashMap<>(tensors));
    }

    /** The tensors whose names begin with {@code prefix}, without it. */
    public static SequencedMap<String, Tensor> below(String prefix, Map<String, Tensor> tensors) {
        SequencedMap<String, Tensor> result = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            if (name.startsWith(prefix)) {
                result.put(name.substring(prefix.length()), tensor);
            }
        });
        return result;
    }
}
