package io.alignstream.languagemodel.collective;
import ai.djl.ndarray.NDArray; import java.net.*; import java.time.Duration;
public final class ProcessGroup implements AutoCloseable { public static ProcessGroup join(Rendezvous r, InetAddress a, int rank, int size, Duration j, Duration t) { throw new IllegalStateException(); } public void treeSum(NDArray rows, int leaves) {} public double[] sum(double[] v) { return v; } public byte[] broadcast(byte[] b, int root) { return b; } public void barrier() {} public void abort() {} public void close() {} }
