/**
 * An Apache Kafka broker on this machine: one process in KRaft mode, broker and controller in one, data in a folder that
 * survives restarts and kill -9. {@link io.alignstream.local.broker.BrokerProgram} runs inside that process, everything
 * else in the launcher.
 */
@NullMarked
package io.alignstream.local.broker;

import org.jspecify.annotations.NullMarked;
