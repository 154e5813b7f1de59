package io.alignstream.languagemodel.collective;
import java.net.*;
public final class RendezvousServer implements AutoCloseable { public static RendezvousServer open(InetAddress a) { throw new IllegalStateException(); } public InetSocketAddress address() { throw new IllegalStateException(); } public void close() {} }
