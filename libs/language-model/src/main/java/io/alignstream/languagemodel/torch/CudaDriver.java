package io.alignstream.languagemodel.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What NVIDIA's driver knows of the cards, from its own library {@value #LIBRARY}: it is there wherever a card can be used,
 * unlike CUDA's runtime and NVML, and counts cards as libtorch does. Thread-safe.
 */
final class CudaDriver {

    private static final String LIBRARY = "libcuda.so.1";
    private static final int NAME_BYTES = 256;
    /** Where the driver's module says its version. */
    private static final Path MODULE = Path.of("/sys/module/nvidia/version");

    private static final Optional<SymbolLookup> DRIVER = driver();

    private CudaDriver() {}

    /** Number of cards; 0 without a driver. */
    static int count() {
        if (DRIVER.isEmpty()) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_INT);
            call("cuDeviceGetCount", count);
            return count.get(JAVA_INT, 0);
        }
    }

    /** Name of a card. */
    static String name(int card) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(NAME_BYTES);
            call("cuDeviceGetName", name, NAME_BYTES, card);
            return name.getString(0);
        }
    }

    /** A property of a card by CUDA's number of it. */
    static int attribute(int card, int number) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_INT);
            call("cuDeviceGetAttribute", value, number, card);
            return value.get(JAVA_INT, 0);
        }
    }

    /** Whether the driver's library is there. */
    static boolean isInstalled() {
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup.libraryLookup(LIBRARY, arena);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Bytes of a card's memory. */
    static long totalBytes(int card) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(JAVA_LONG);
            call("cuDeviceTotalMem_v2", bytes, card);
            return bytes.get(JAVA_LONG, 0);
        }
    }

    /** Bytes of a card's memory that nobody has taken. */
    static long freeBytes(int card) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment context = arena.allocate(ADDRESS);
            MemorySegment free = arena.allocate(JAVA_LONG);
            MemorySegment total = arena.allocate(JAVA_LONG);
            call("cuDevicePrimaryCtxRetain", context, card);
            try {
                call("cuCtxPushCurrent_v2", context.get(ADDRESS, 0));
                try {
                    call("cuMemGetInfo_v2", free, total);
                } finally {
                    call("cuCtxPopCurrent_v2", context);
                }
            } finally {
                call("cuDevicePrimaryCtxRelease_v2", card);
            }
            return free.get(JAVA_LONG, 0);
        }
    }

    /** Version of the driver, where the system tells, and of the newest CUDA that it knows: {@code 570.86.15, CUDA 12.8}. */
    static String version() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(JAVA_INT);
            call("cuDriverGetVersion", version);
            int cuda = version.get(JAVA_INT, 0);
            return module().map(module -> module + ", ").orElse("") + "CUDA " + cuda / 1_000 + "." + cuda % 1_000 / 10;
        }
    }

    private static Optional<String> module() {
        try {
            return Files.isReadable(MODULE)
                    ? Optional.of(Files.readString(MODULE).strip())
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<SymbolLookup> driver() {
        try {
            SymbolLookup lookup = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
            return result(lookup, "cuInit", 0) == 0 ? Optional.of(lookup) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static void call(String function, Object... arguments) {
        SymbolLookup driver =
                DRIVER.orElseThrow(() -> new IllegalStateException("there is no driver of a card on this machine"));
        int result = result(driver, function, arguments);
        if (result != 0) {
            throw new IllegalStateException("the card's driver refuses " + function + ": CUDA error " + result);
        }
    }

    /** Arguments are numbers of 4 bytes and addresses. */
    private static int result(SymbolLookup driver, String function, Object... arguments) {
        MemoryLayout[] types = new MemoryLayout[arguments.length];
        for (int i = 0; i < types.length; i++) {
            types[i] = arguments[i] instanceof Integer ? JAVA_INT : ADDRESS;
        }
        MemorySegment address = driver.find(function)
                .orElseThrow(() -> new IllegalStateException("the card's driver has no " + function));
        try {
            return (int) Linker.nativeLinker()
                    .downcallHandle(address, FunctionDescriptor.of(JAVA_INT, types))
                    .invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("the card's driver failed in " + function, e);
        }
    }
}
