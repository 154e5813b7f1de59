/** What those who run the service look at: versions and how to go back, how long users wait, what is full. */
@NullMarked
package io.alignstream.inference.operation;

import org.jspecify.annotations.NullMarked;
