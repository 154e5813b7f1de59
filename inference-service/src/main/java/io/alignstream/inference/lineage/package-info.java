/** What a served answer comes from: models by their manifests, data by their topic ranges. */
@NullMarked
package io.alignstream.inference.lineage;

import org.jspecify.annotations.NullMarked;
