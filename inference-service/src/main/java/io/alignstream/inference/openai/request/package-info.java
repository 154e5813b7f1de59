/** What clients of the OpenAI API send, checked field by field, and how it is refused. */
@NullMarked
package io.alignstream.inference.openai.request;

import org.jspecify.annotations.NullMarked;
