/** What the brokers know of the workers that train one run together. */
@NullMarked
package io.alignstream.contracts.workers;

import org.jspecify.annotations.NullMarked;
