/** What a release on trial would have answered, unseen, and which of both answers the judge prefers. */
@NullMarked
package io.alignstream.inference.shadow;

import org.jspecify.annotations.NullMarked;
