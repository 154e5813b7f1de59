package io.alignstream.languagemodel.torch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The instruction sets for which an image holds the fused operators, each in a folder of this name; {@code images/libraries.sh}
 * builds the same.
 *
 * <p>The levels are those of the x86-64 psABI; the one with {@code bf16} multiplies pairs of bf16 and of bytes, too. The best one
 * that the processor has is taken. Their last bits differ.
 */
enum OperatorVariant {
    V4_BF16("x86-64-v4-bf16", "avx512_bf16", "avx512_vnni", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"),
    V4("x86-64-v4", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"),
    V3("x86-64-v3");

    private static final List<String> FLAGS_OF_V3 =
            List.of("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave");

    static final String LIBRARY = "libalignstream_operators.so";

    private final String folder;
    private final Set<String> flags;

    OperatorVariant(String folder, String... furtherFlags) {
        this.folder = folder;
        this.flags = new HashSet<>(Arrays.asList(furtherFlags));
    }

    /** The folder's name, which is what the variant is called. */
    String folder() {
        return folder;
    }

    /** Whether a processor with these flags, by Linux' names, computes with it. */
    boolean runsOn(Set<String> processor) {
        return processor.containsAll(FLAGS_OF_V3) && processor.containsAll(flags);
    }

    /**
     * The library in {@code folder} that is the best for a processor with these flags; empty if it needs more than the processor
     * has, whichever it is.
     *
     * @throws IllegalStateException if there is no library in any of the variants' folders
     */
    static Optional<Path> choose(Path folder, Set<String> processor) {
        List<OperatorVariant> there = Stream.of(values())
                .filter(variant -> Files.isReadable(variant.library(folder)))
                .toList();
        if (there.isEmpty()) {
            throw new IllegalStateException("in " + folder + " there is none of "
                    + Stream.of(values())
                            .map(variant -> variant.folder + "/" + LIBRARY)
                            .collect(Collectors.joining(", "))
                    + ", but " + Operators.PROPERTY + " or " + Operators.VARIABLE
                    + " names it; build them by images/libraries.sh, name a library, or unset both");
        }
        return there.stream()
                .filter(variant -> variant.runsOn(processor))
                .map(variant -> variant.library(folder))
                .findFirst();
    }

    /** The variant in whose folder {@code library} lies, if it lies in one. */
    static Optional<OperatorVariant> of(Path library) {
        return Stream.of(values())
                .filter(variant -> library.endsWith(Path.of(variant.folder, LIBRARY)))
                .findFirst();
    }

    private Path library(Path folderOfAll) {
        return folderOfAll.resolve(folder).resolve(LIBRARY);
    }
}
