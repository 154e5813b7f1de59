@org.jspecify.annotations.NullMarked
package io.alignstream.languagemodel.collective;
