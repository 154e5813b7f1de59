/** The OpenAI API: requests, answers, streams and errors in its JSON. */
@NullMarked
package io.alignstream.inference.openai;

import org.jspecify.annotations.NullMarked;
