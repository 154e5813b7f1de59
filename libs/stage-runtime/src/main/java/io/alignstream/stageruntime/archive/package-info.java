/** The registry topics are kept in the store, too: brokers that have lost them can be given them back. */
@NullMarked
package io.alignstream.stageruntime.archive;

import org.jspecify.annotations.NullMarked;
