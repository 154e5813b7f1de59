/** The overview: the whole flow as its topics tell it, on one page. */
@NullMarked
package io.alignstream.inference.overview;

import org.jspecify.annotations.NullMarked;
