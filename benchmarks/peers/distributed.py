"""The peer of `./alignstream bench distributed`: the network of pretrain.py under DistributedDataParallel over Gloo.

One process a worker. They obey lines on standard input and answer each with one JSON line on standard output:
  join PORT RANK SIZE   meets the others at a TCPStore of this port at --store and wraps the network: {"rank": ..}
  steps N               takes N steps of the whole batch, of which this worker computes its share, the others theirs:
                        {"tokens": .., "seconds": .., "cpuSeconds": .., "loss": ..}
  plain N               takes N steps of the whole batch alone, without DistributedDataParallel
  sum BYTES TIMES       adds fp32 arrays of so many bytes by all_reduce: {"seconds": ..}, the median of one
  leave                 ends the group: {}
"""

import os
import statistics
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import pretrain
from worker import serve


class Worker(pretrain.Trainer):
    def __init__(self, a):
        super().__init__(a)
        self.alone = self.loss
        self.rank, self.size = 0, 1

    def join(self, port, rank, size):
        os.environ["GLOO_SOCKET_IFNAME"] = self.a.interface
        store = dist.TCPStore(self.a.store, port, size, is_master=rank == 0)
        dist.init_process_group("gloo", store=store, rank=rank, world_size=size)
        self.rank, self.size = rank, size
        self.shared = DistributedDataParallel(self.alone, gradient_as_bucket_view=True)
        return {"rank": rank}

    def leave(self):
        del self.shared
        dist.destroy_process_group()
        self.rank, self.size = 0, 1
        self.loss = self.alone
        self.optimiser.zero_grad(set_to_none=True)  # the gradients were views of the group's buckets
        return {}

    def batch(self):
        ids, targets = super().batch()
        if self.loss is self.alone:
            return ids, targets
        return tuple(part.tensor_split(self.size)[self.rank] for part in (ids, targets))

    def steps(self, count):
        self.loss = self.shared
        return self.take(count)

    def plain(self, count):
        self.loss = self.alone
        return self.take(count)

    def sum(self, size, times):
        array = torch.zeros(size // 4)
        seconds = []
        for _ in range(times):
            dist.barrier()
            began = time.perf_counter()
            dist.all_reduce(array)
            seconds.append(time.perf_counter() - began)
        return {"seconds": statistics.median(seconds)}


def main():
    parser = pretrain.parser()
    parser.add_argument("--store", default="127.0.0.1", help="address of the first worker")
    parser.add_argument("--interface", default="lo", help="network interface of the group")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    worker = Worker(a)
    serve(
        {
            "join": worker.join,
            "steps": worker.steps,
            "plain": worker.plain,
            "sum": worker.sum,
            "leave": worker.leave,
        }
    )


if __name__ == "__main__":
    main()
