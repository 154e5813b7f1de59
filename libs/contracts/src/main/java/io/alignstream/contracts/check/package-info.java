/**
 * Validation of events: the values that every field may have.
 */
@NullMarked
package io.alignstream.contracts.check;

import org.jspecify.annotations.NullMarked;
