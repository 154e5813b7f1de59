package io.alignstream.languagemodel.collective;
import java.net.*; import java.time.Duration; import java.util.Optional;
public final class Rendezvous implements AutoCloseable { public static Rendezvous connect(InetSocketAddress s, String n, Duration t) { throw new IllegalStateException(); } public void set(String k, String v) {} public Optional<String> find(String k, Duration m) { return Optional.empty(); } public void close() {} }
