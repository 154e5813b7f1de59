package io.alignstream.inference;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Memory that this process has from the C library, as glibc counts it: what libtorch has not freed is in it. */
final class NativeHeap {

    /** struct mallinfo2: ten sizes, of which these two are what is in use. */
    private static final int SIZES = 10;

    private static final int IN_MAPPINGS = 4;
    private static final int IN_ARENAS = 7;

    private NativeHeap() {}

    /** Bytes that are allocated and not freed. */
    static long bytesInUse() {
        Linker linker = Linker.nativeLinker();
        MemoryLayout sizes = MemoryLayout.structLayout(MemoryLayout.sequenceLayout(SIZES, ValueLayout.JAVA_LONG));
        MethodHandle mallinfo = linker.downcallHandle(
                linker.defaultLookup().find("mallinfo2").orElseThrow(), FunctionDescriptor.of(sizes));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = (MemorySegment) mallinfo.invokeExact((SegmentAllocator) arena);
            return info.getAtIndex(ValueLayout.JAVA_LONG, IN_MAPPINGS)
                    + info.getAtIndex(ValueLayout.JAVA_LONG, IN_ARENAS);
        } catch (Throwable e) {
            throw new IllegalStateException("glibc does not tell its figures", e);
        }
    }
}
