package io.alignstream.contracts.messages;

/** An exception that people can read in their language: it carries a reason, and its message is the English sentence. */
public interface Explained {

    /** What went wrong, and the way out. */
    Reason reason();
}
