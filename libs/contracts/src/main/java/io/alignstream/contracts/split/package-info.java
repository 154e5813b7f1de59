/** Which texts are kept apart from what is learned. */
@NullMarked
package io.alignstream.contracts.split;

import org.jspecify.annotations.NullMarked;
