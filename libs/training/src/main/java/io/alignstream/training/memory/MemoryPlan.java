package io.alignstream.training.memory;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.torch.Card;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What a run will need of memory at its peak, and what there is, said before it starts. Immutable.
 *
 * @param parts bytes of each part, codes of {@link Part}
 * @param bytes their sum: what the process will have resident at most
 * @param available bytes that the process can have, those that it has among them
 */
public record MemoryPlan(SequencedMap<String, Long> parts, long bytes, long available) {

    /** Resident before anything is loaded: Java, the service, libtorch. */
    private static final long PROCESS = 450L << 20;

    /** What memory is for. */
    public enum Part {
        /** The program itself. */
        PROCESS,
        /** Networks that learn. */
        WEIGHTS,
        /** Networks that are only read: references, reward models, judges. */
        FROZEN,
        /** Weights as matrix products take them. */
        PREPARED,
        /** Gradients and their sums. */
        GRADIENTS,
        /** The optimiser's moments. */
        MOMENTS,
        /** What a step keeps for its backward pass. */
        ACTIVATIONS,
        /** What computing a block, or logits, takes for a moment. */
        WORKSPACE,
        /** The best weights so far. */
        BEST,
        /** Keys and values of answers that are sampled. */
        CACHE,
        /** Models that find passages for answers. */
        RETRIEVAL,
        /** Files that are mapped while weights are copied out of them; the system takes these pages back where it needs them. */
        FILES;

        /** In messages and JSON. */
        String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public MemoryPlan {
        parts = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(parts));
    }

    /** The plan of a run with these parts, besides the process itself, on this machine, or its card, as it is now. */
    public static MemoryPlan of(Map<Part, Long> needed) {
        return Card.inUse().isPresent() ? onCard(needed, availableNow()) : onProcessor(needed, availableNow());
    }

    private static MemoryPlan onProcessor(Map<Part, Long> needed, long available) {
        Map<Part, Long> all = new EnumMap<>(needed);
        all.merge(Part.PROCESS, PROCESS, Long::sum);
        return new MemoryPlan(all, available);
    }

    /** What a card has to hold: neither the process, nor files, nor the best weights, which lie beside it. */
    static MemoryPlan onCard(Map<Part, Long> needed, long available) {
        Map<Part, Long> there = new EnumMap<>(needed);
        there.keySet().removeAll(List.of(Part.PROCESS, Part.FILES, Part.BEST));
        return new MemoryPlan(there, available);
    }

    private MemoryPlan(Map<Part, Long> needed, long available) {
        SequencedMap<String, Long> parts = new LinkedHashMap<>();
        for (Part part : Part.values()) {
            long bytes = needed.getOrDefault(part, 0L);
            if (bytes > 0) {
                parts.merge(part.code(), bytes, Long::sum);
            }
        }
        this(parts, parts.values().stream().mapToLong(Long::longValue).sum(), available);
    }

    /** Bytes that the process can have as things are now, those that it has among them; of a card those that are free. */
    public static long availableNow() {
        return Card.inUse().map(Card::freeBytes).orElseGet(() -> SystemMemory.now()
                .available());
    }

    /**
     * The failure itself or, if a card had no memory left, that one in words that say what can be done.
     *
     * @param failure of a job
     */
    public static Throwable explained(Throwable failure) {
        if (!Card.isFull(failure)) {
            return failure;
        }
        InvalidInputException explained = new InvalidInputException(Reason.of("memory.cardFull")
                .with("available", gibibytes(Card.inUse().map(Card::totalBytes).orElse(0L))));
        explained.initCause(failure);
        return explained;
    }

    /** Whether there is room for it. */
    public boolean fits() {
        return held() <= available;
    }

    /**
     * Refuses a run that does not fit.
     *
     * @throws InvalidInputException with both figures and what can be done
     */
    public void requireRoom() {
        if (!fits()) {
            throw new InvalidInputException(tooLittle("memory.tooLittle")
                    .with("activations", gibibytes(parts.getOrDefault(Part.ACTIVATIONS.code(), 0L))));
        }
    }

    /**
     * The same of answers that are sampled to be ranked, for which other settings count.
     *
     * @throws InvalidInputException with both figures and what can be done
     */
    public void requireRoomToSample() {
        if (!fits()) {
            throw new InvalidInputException(tooLittle("memory.tooLittleToSample"));
        }
    }

    /** What cannot be given back for the asking. */
    private long held() {
        return bytes - parts.getOrDefault(Part.FILES.code(), 0L);
    }

    private Reason tooLittle(String code) {
        return Reason.of(code).with("needed", gibibytes(held())).with("available", gibibytes(available));
    }

    private static String gibibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f", bytes / (double) (1L << 30));
    }
}
