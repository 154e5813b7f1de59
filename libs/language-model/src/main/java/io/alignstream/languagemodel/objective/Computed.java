package io.alignstream.languagemodel.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.alignstream.languagemodel.network.Gradients;
import java.util.LinkedHashMap;
import java.util.Map;

/** What an objective's program gives back: a gradient for each weight by its name, and figures. */
final class Computed {

    private static final String FIGURES = "figures";

    private Computed() {}

    /** Hands the gradients on and returns the figures. */
    static float[] of(NDList result, Gradients gradients) {
        Map<String, NDArray> computed = new LinkedHashMap<>();
        result.forEach(array -> computed.put(array.getName(), array));
        NDArray figures = computed.remove(FIGURES);
        if (figures == null) {
            throw new IllegalStateException("the program reports no figures");
        }
        gradients.add(computed);
        return figures.toFloatArray();
    }
}
