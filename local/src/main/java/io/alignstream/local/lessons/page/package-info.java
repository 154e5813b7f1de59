/** A page in one file, in both languages, with charts and their tables. */
@NullMarked
package io.alignstream.local.lessons.page;

import org.jspecify.annotations.NullMarked;
