/** How events become token rows: what is learned from them, and what is held out. */
@NullMarked
package io.alignstream.training.dataset;

import org.jspecify.annotations.NullMarked;
