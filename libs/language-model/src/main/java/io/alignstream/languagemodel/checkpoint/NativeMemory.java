package io.alignstream.languagemodel.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** Memory of the C library, which Java's own limit for memory outside of the heap does not count. Thread-safe. */
public final class NativeMemory {

    private static final MethodHandle CALLOC = function(
            "calloc", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE = function("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

    /** Of glibc; other C libraries give back by themselves. */
    private static final Optional<MethodHandle> TRIM =
            found("malloc_trim", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));

    private NativeMemory() {}

    /** Gives what was freed, by libtorch for example, back to the system: a service that has trained holds no more than before. */
    public static void trim() {
        TRIM.ifPresent(function -> call(function, 0L));
    }

    /** So many bytes, all 0, freed when nothing refers to them any more. */
    static MemorySegment allocate(long bytes) {
        MemorySegment memory = call(CALLOC, Math.max(1, bytes), 1L);
        if (memory.equals(MemorySegment.NULL)) {
            throw new OutOfMemoryError("the system has no " + bytes + " bytes of memory left");
        }
        return memory.reinterpret(bytes, Arena.ofAuto(), NativeMemory::free);
    }

    private static void free(MemorySegment memory) {
        call(FREE, memory);
    }

    private static MemorySegment call(MethodHandle function, Object... arguments) {
        try {
            return function.invokeWithArguments(arguments) instanceof MemorySegment segment
                    ? segment
                    : MemorySegment.NULL;
        } catch (Throwable e) {
            throw new IllegalStateException("a function of the C library failed", e);
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        return found(name, type).orElseThrow(() -> new IllegalStateException("the C library has no " + name));
    }

    private static Optional<MethodHandle> found(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup().find(name).map(address -> linker.downcallHandle(address, type));
    }
}
