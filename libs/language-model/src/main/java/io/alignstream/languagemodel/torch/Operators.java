package io.alignstream.languagemodel.torch;

import ai.djl.Device;
import io.alignstream.contracts.hash.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transformer's operators: formulas in the program's text, or the optional library of fused ones in C++ (see {@code
 * src/main/cpp}).
 *
 * <p>On a card the formulas compute. The library is named by system property {@value #PROPERTY} or environment variable {@value #VARIABLE}: a file, or, as in
 * images, a folder with one for each {@link OperatorVariant}, of which the processor chooses. All kinds compute the same; their last
 * bits differ, so the kind is part of the fingerprint.
 */
final class Operators {

    static final String PROPERTY = "alignstream.torch.operators";
    static final String VARIABLE = "ALIGNSTREAM_TORCH_OPERATORS";

    private static final String TEXT = "text";
    private static final Logger LOG = LoggerFactory.getLogger(Operators.class);

    private static final Optional<Path> LIBRARY =
            configured(System.getProperty(PROPERTY, System.getenv().getOrDefault(VARIABLE, "")), Processor.flags());

    private Operators() {}

    /** Loads the library if one is configured and {@code device} is the processor; libtorch must be loaded. */
    static void load(Device device) {
        if (device.isGpu()) {
            return;
        }
        LOG.atInfo().addKeyValue("operators", Fingerprint.VALUE).log("Operators of the processor");
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

    /** {@code text}, or {@code fused}, the variant where the processor chose one, and the beginning of the library's sha256. */
    static String fingerprint() {
        return fused() ? Fingerprint.VALUE : TEXT;
    }

    /** The library that {@code value} names for a processor with these flags; empty where it names none. */
    static Optional<Path> configured(String value, Set<String> processor) {
        if (value.isBlank()) {
            return Optional.empty();
        }
        Path library = Path.of(value).toAbsolutePath();
        if (!Files.isReadable(library)) {
            throw new IllegalStateException(library + " does not exist, but " + PROPERTY + " or " + VARIABLE
                    + " names it; build it or unset both");
        }
        return Files.isDirectory(library) ? OperatorVariant.choose(library, processor) : Optional.of(library);
    }

    /** What a library is called in fingerprints: {@code fused}, its variant where its folder is one, its bytes. */
    static String fingerprint(Path library) {
        try {
            String hash = Sha256.hex(library).substring(0, 12);
            return OperatorVariant.of(library)
                    .map(variant -> "fused " + variant.folder() + " " + hash)
                    .orElse("fused " + hash);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + library, e);
        }
    }

    private static final class Fingerprint {
        static final String VALUE = LIBRARY.map(Operators::fingerprint).orElse(TEXT);
    }
}
