/** The registry topics are kept in the store, too, by every instance: brokers that have lost them can be given them back. */
@NullMarked
package io.alignstream.inference.archive;

import org.jspecify.annotations.NullMarked;
