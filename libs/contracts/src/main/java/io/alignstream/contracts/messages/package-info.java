/**
 * What people are told, in their language: one catalogue of sentences for each {@link
 * io.alignstream.contracts.messages.Language}, shared by services, pages, commands and logs.
 *
 * <p>Code passes a {@link io.alignstream.contracts.messages.Reason} on and never a sentence; only who speaks to a person
 * renders it.
 */
@NullMarked
package io.alignstream.contracts.messages;

import org.jspecify.annotations.NullMarked;
