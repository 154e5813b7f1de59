/** What services, brokers and launcher know alike of the workers that train one run together. */
@NullMarked
package io.alignstream.contracts.workers;

import org.jspecify.annotations.NullMarked;
