/** What is told of each release: its card, as a page, as JSON and as the README of an exported model. */
@NullMarked
package io.alignstream.inference.card;

import org.jspecify.annotations.NullMarked;
