package io.alignstream.languagemodel.torch;

import io.alignstream.contracts.hash.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The transformer's operators: formulas in the program's text, or the optional library of fused ones in C++ (see {@code
 * src/main/cpp}).
 *
 * <p>On a card the formulas compute. The library is named by system property {@value #PROPERTY} or environment variable {@value #VARIABLE}. Both kinds
 * compute the same; their last bits differ, so the kind is part of the fingerprint.
 */
final class Operators {

    static final String PROPERTY = "alignstream.torch.operators";
    static final String VARIABLE = "ALIGNSTREAM_TORCH_OPERATORS";

    private static final Optional<Path> LIBRARY = configured();

    private Operators() {}

    /** Loads the library if one is configured; libtorch must be loaded. */
    static void load() {
        LIBRARY.ifPresent(library -> {
            try {
                System.load(library.toString());
            } catch (UnsatisfiedLinkError e) {
                throw new IllegalStateException(
                        "cannot load the operators " + library + " (" + PROPERTY + " or " + VARIABLE
                                + "); build them for this libtorch and processor, or unset both",
                        e);
            }
        });
    }

    /** Program text that defines the operators. */
    static String text() {
        return TorchProgram.operators(Operators.class, "operators")
                + TorchProgram.resource(Operators.class, "heads.torchscript");
    }

    /** Whether the library computes: it is there, and the device is the processor, which alone it knows. */
    static boolean fused() {
        return LIBRARY.isPresent() && !TorchRuntime.get().device().isGpu();
    }

    /** {@code text}, or {@code fused} and the beginning of the library's sha256. */
    static String fingerprint() {
        return fused() ? Fingerprint.VALUE : "text";
    }

    private static Optional<Path> configured() {
        String value = System.getProperty(PROPERTY, System.getenv().getOrDefault(VARIABLE, ""));
        if (value.isBlank()) {
            return Optional.empty();
        }
        Path library = Path.of(value).toAbsolutePath();
        if (!Files.isReadable(library)) {
            throw new IllegalStateException(library + " does not exist, but " + PROPERTY + " or " + VARIABLE
                    + " names it; build it or unset both");
        }
        return Optional.of(library);
    }

    private static final class Fingerprint {
        static final String VALUE = LIBRARY.map(Fingerprint::hash).orElseThrow();

        private static String hash(Path library) {
            try {
                return "fused " + Sha256.hex(library).substring(0, 12);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + library, e);
            }
        }
    }
}
