package io.alignstream.languagemodel.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Memory of the C library, which Java's own limit for memory outside of the heap does not count. */
final class NativeMemory {

    private static final MethodHandle CALLOC = function(
            "calloc", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE = function("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

    private NativeMemory() {}

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
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), type);
    }
}
