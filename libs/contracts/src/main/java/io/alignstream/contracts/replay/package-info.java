/** Records that could not be processed, published once more. */
@NullMarked
package io.alignstream.contracts.replay;

import org.jspecify.annotations.NullMarked;
