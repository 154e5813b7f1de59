/**
 * A user's file before anybody knows what is in it: here or in a bucket, packed or not, as bytes, lines or JSON.
 *
 * <p>Every complaint is an {@link io.alignstream.local.input.file.InputException} that names the file, the line and the way
 * out. Text is UTF-8, strictly. Readers are for one thread.
 */
@NullMarked
package io.alignstream.local.input.file;

import org.jspecify.annotations.NullMarked;
