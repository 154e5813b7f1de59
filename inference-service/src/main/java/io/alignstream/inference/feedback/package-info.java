/** What becomes of users' opinions: rankings, instructions and prompts that the next model learns from. */
@NullMarked
package io.alignstream.inference.feedback;

import org.jspecify.annotations.NullMarked;
