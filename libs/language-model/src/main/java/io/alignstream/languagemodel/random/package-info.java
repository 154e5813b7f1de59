/** Random numbers as functions of a seed and of what they are for: nothing depends on a hidden generator. */
@NullMarked
package io.alignstream.languagemodel.random;

import org.jspecify.annotations.NullMarked;
