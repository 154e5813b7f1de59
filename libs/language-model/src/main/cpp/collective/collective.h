// Process groups of libtorch's distributed engine (c10d over Gloo) for programs without Python. Objects are numbers, text is
// a tensor of bytes, times are milliseconds. All functions may be called from any thread and throw where they fail.
#pragma once

#include <ATen/core/Tensor.h>

#include <c10/util/intrusive_ptr.h>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <cstdint>
#include <string>

namespace alignstream::collective {

/** The text of a tensor of bytes. */
std::string text(const at::Tensor& bytes);

/** Serves a store at this numeric address and a free port, and nowhere else. Returns its number and the port. */
at::Tensor serve(const at::Tensor& address);

/** Ends a store; groups that were formed by it go on. */
void stop_serving(int64_t server);

/** A client of the store at this address that sees the keys of `name` only. Returns its number. */
at::Tensor connect(const at::Tensor& host, int64_t port, const at::Tensor& name, int64_t timeout);

void disconnect(int64_t client);

void set(int64_t client, const at::Tensor& key, const at::Tensor& value);

/** Waits for the key until the client's time-out. */
at::Tensor get(int64_t client, const at::Tensor& key);

/** What a key holds; nothing if there is none. */
at::Tensor find(int64_t client, const at::Tensor& key);

/** The store behind a client. */
c10::intrusive_ptr<c10d::Store> store_of(int64_t client);

/**
 * Waits until `size` processes, two or more, have joined by clients of one name, which serves for one group. `address` is
 * where the others reach this process. `joining` is the time-out until all have joined, `timeout` that of each wait of a
 * collective. Returns the group's number.
 */
at::Tensor join(
    int64_t client, const at::Tensor& address, int64_t rank, int64_t size, int64_t joining, int64_t timeout);

/** Makes all collectives of the group fail, here and at its other members. */
void abort_group(int64_t group);

/** Forgets the group; its connections close when no collective uses them any more. */
void leave(int64_t group);

// A collective is called by all members in the same order, one at a time. Where it fails, the whole group has failed.

void barrier(int64_t group);

/** The sum over all ranks, in place and the same everywhere; its last bits depend on the number of ranks. */
void sum_(int64_t group, at::Tensor numbers);

/** The root's bytes, in place. */
void broadcast_(int64_t group, at::Tensor bytes, int64_t root);

/**
 * The sum over `leaves` vectors, a power of two, in the order of one binary tree, whatever the number of ranks.
 *
 * Rank r of N has leaves r * leaves / N, rounded down, up to those of the next rank. Its rows are those leaves from left to
 * right, or the sums of the fewest complete subtrees that cover them. The sum of all becomes its first row; the others are
 * overwritten.
 */
void tree_sum_(int64_t group, at::Tensor rows, int64_t leaves);

} // namespace alignstream::collective
