/** Holds the project against itself: layering, Kubernetes manifests and documentation must match the code. */
@NullMarked
package io.alignstream.local.project;

import org.jspecify.annotations.NullMarked;
