package io.alignstream.local.chaos;

/** What can happen. */
public enum Fault {
    /** A service is killed with signal 9. */
    KILL,
    /** A service stands still. */
    STOP,
    /** A service stands still, another instance takes over, and then both are there. */
    TWIN,
    /** The broker is killed. */
    BROKER_KILL,
    /** The broker stands still. */
    BROKER_STOP,
    /** The store answers nobody. */
    STORE_OUTAGE,
    /** The store is full: it takes nothing more, what it has can be read and deleted. */
    STORE_FULL,
    /** A service is killed, and its clock is wrong from its new start on. */
    CLOCK,
    /** Workers of pretraining are asked to end, or come back, until there are as many as chance says. */
    RESIZE
}
