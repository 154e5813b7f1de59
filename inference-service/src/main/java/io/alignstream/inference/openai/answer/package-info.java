/** What clients of the OpenAI API get: answers and the events of a stream in its JSON. */
@NullMarked
package io.alignstream.inference.openai.answer;

import org.jspecify.annotations.NullMarked;
