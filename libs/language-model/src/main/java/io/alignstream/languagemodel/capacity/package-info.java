/**
 * What room there is for checkpoints: a quota that a store stays below, a disk that may be full, and folders of copies that
 * have a bound. Knows bytes, folders and reasons, and nothing of what lies in them.
 */
@NullMarked
package io.alignstream.languagemodel.capacity;

import org.jspecify.annotations.NullMarked;
