/** How far a lesson is. */
@NullMarked
package io.alignstream.local.lessons.run;

import org.jspecify.annotations.NullMarked;
