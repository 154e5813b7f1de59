/** What a lesson compares: anything that gives the next token of a text a probability. */
@NullMarked
package io.alignstream.lessons.model;

import org.jspecify.annotations.NullMarked;
