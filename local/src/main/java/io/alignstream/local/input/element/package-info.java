/**
 * Files as JSON objects, whatever kind they are of: JSON lines, a JSON list, CSV or Parquet, packed or not.
 *
 * <p>What the objects mean is for others to say. A faulty element stops nothing; a file that cannot be read on does, with an
 * {@link io.alignstream.local.input.file.InputException}.
 */
@NullMarked
package io.alignstream.local.input.element;

import org.jspecify.annotations.NullMarked;
