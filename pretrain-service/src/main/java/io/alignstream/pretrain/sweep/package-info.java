/** Run files, and sweeps over settings by successive halving; started by {@code ./alignstream sweep}, without a broker. */
@NullMarked
package io.alignstream.pretrain.sweep;

import org.jspecify.annotations.NullMarked;
