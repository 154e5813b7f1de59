package io.alignstream.languagemodel.collective;
public final class CollectiveException extends RuntimeException { public CollectiveException(String m) { super(m);} }
