/**
 * Several workers that train one network, beside PyTorch's DistributedDataParallel over Gloo, and a simulation's prediction
 * beside what was measured.
 *
 * <p>Each worker is a process with one thread and a core of its own, where there are as many cores; it trains by the very
 * classes that the services train by. Who is a member is told by the benchmark instead of Kafka.
 */
@NullMarked
package io.alignstream.benchmarks.distributed;

import org.jspecify.annotations.NullMarked;
