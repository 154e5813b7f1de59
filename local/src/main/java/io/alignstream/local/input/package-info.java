/**
 * Reads the user's own files: documents in the formats of {@code DocumentFormat}, and instructions in the
 * formats of others and in ours, and JSON lines of prompts and rankings.
 *
 * <p>Files are read as streams, twice where everything has to be valid before anything is published; what is held in
 * memory is bounded by a line and by the ids seen. Every complaint is an {@link
 * io.alignstream.local.input.file.InputException} that names the file, the line and the way out. Text is UTF-8, strictly.
 */
@NullMarked
package io.alignstream.local.input;

import org.jspecify.annotations.NullMarked;
