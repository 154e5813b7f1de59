package io.alignstream.languagemodel.collective;
public final class CollectiveLibrary { public static boolean isThere() { return false; } }
