package io.alignstream.languagemodel.objective;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.LoraAdapters;
import io.alignstream.languagemodel.network.NetworkProgram;
import io.alignstream.languagemodel.network.PackedSequences;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;

/**
 * {@link NextTokenObjective} on rows that hold several sequences, in fp32 and by autograd.
 *
 * <p>The block stands here once more, in operators of libtorch: the network's own ones may be fused, which autograd cannot
 * differentiate, and its attention has no mask. For one thread.
 */
public final class PackedObjective implements Objective<PackedSequences, Double> {

    private static final TorchProgram PROGRAM = NetworkProgram.with(
            """
              def packed_hidden(self, w: Dict[str, Tensor], ids: Tensor, positions: Tensor, segments: Tensor, cos: Tensor, sin: Tensor, size: Tensor, eps: Tensor) -> Tensor:
                # as hidden, for autograd and several sequences a row: ids, positions and segments [B, T]; a token sees the earlier ones of its own segment
                layers, heads, kv = int(size[0]), int(size[1]), int(size[2])
                e = float(eps)
                rotary = torch.unsqueeze(torch.embedding(cos, positions), 2)
                rotary_sin = torch.unsqueeze(torch.embedding(sin, positions), 2)
                mask = torch.unsqueeze(torch.tril(torch.eq(torch.unsqueeze(segments, 2), torch.unsqueeze(segments, 1))), 1)
                c = self.prepared(w, layers, 6)
                x = torch.embedding(c["embedding"], ids)
                for l in range(layers):
                  p = "model.layers." + str(l) + "."
                  h = torch.rms_norm(x, [x.size(-1)], w[p + "input_layernorm.weight"], e)
                  qkv = self.project(c, p + "qkv", h).view([h.size(0), h.size(1), heads + 2 * kv, cos.size(-1)])
                  q, k, v = torch.split_with_sizes(qkv, [heads, kv, kv], 2)
                  if p + "self_attn.q_norm.weight" in w:
                    q = torch.rms_norm(q, [q.size(-1)], w[p + "self_attn.q_norm.weight"], e)
                    k = torch.rms_norm(k, [k.size(-1)], w[p + "self_attn.k_norm.weight"], e)
                  q = torch.transpose(self.rotate(q, rotary, rotary_sin), 1, 2)
                  k = torch.transpose(self.rotate(k, rotary, rotary_sin), 1, 2)
                  v = torch.transpose(v, 1, 2)
                  y = torch.scaled_dot_product_attention(q, self.repeat_heads(k, heads // kv), self.repeat_heads(v, heads // kv), mask)
                  x = torch.add(x, self.project(c, p + "o", torch.flatten(torch.transpose(y, 1, 2), 2)))
                  h = torch.rms_norm(x, [x.size(-1)], w[p + "post_attention_layernorm.weight"], e)
                  gate, up = torch.chunk(self.project(c, p + "gate_up", h), 2, -1)
                  x = torch.add(x, self.project(c, p + "down", torch.mul(torch.silu(gate), up)))
                return torch.rms_norm(x, [x.size(-1)], w["model.norm.weight"], e)

              def packed_loss(self, w: Dict[str, Tensor], ids: Tensor, targets: Tensor, positions: Tensor, segments: Tensor, cos: Tensor, sin: Tensor, size: Tensor, eps: Tensor) -> Tensor:
                # mean cross-entropy in nats over the targets that are not -100
                x = self.packed_hidden(w, ids, positions, segments, cos, sin, size, eps)
                return torch.cross_entropy_loss(torch.flatten(torch.linear(x, w[self.output_name(w)]), 0, 1), torch.flatten(targets))

              def leaves(self, w: Dict[str, Tensor]) -> Dict[str, Tensor]:
                # views of the weights that autograd differentiates by; the weights themselves never require gradients
                result: Dict[str, Tensor] = {}
                for name in w.keys():
                  result[name] = w[name].detach().requires_grad_(True)
                return result

              def gradients(self, loss: Tensor, leaf: Dict[str, Tensor]) -> Dict[str, Tensor]:
                names = list(leaf.keys())
                inputs: List[Tensor] = []
                for name in names:
                  inputs.append(leaf[name])
                found = torch.autograd.grad([loss], inputs, None, None, False, True)
                torch.set_grad_enabled(False)
                g: Dict[str, Tensor] = {}
                for i in range(len(names)):
                  gi = found[i]
                  if gi is None:
                    g[names[i]] = torch.zeros_like(inputs[i])
                  else:
                    g[names[i]] = torch.contiguous(unchecked_cast(Tensor, gi))
                return g

              def packed_gradients(self, w: Dict[str, Tensor], ids: Tensor, targets: Tensor, positions: Tensor, segments: Tensor, cos: Tensor, sin: Tensor, size: Tensor, eps: Tensor) -> Dict[str, Tensor]:
                torch.set_grad_enabled(True)
                leaf = self.leaves(w)
                loss = self.packed_loss(leaf, ids, targets, positions, segments, cos, sin, size, eps)
                return self.reported(loss.detach(), w, 0, self.gradients(loss, leaf))

              def adapter_gradients(self, w: Dict[str, Tensor], a: Dict[str, Tensor], tokens: Tensor, scale: Tensor, ids: Tensor, targets: Tensor, positions: Tensor, segments: Tensor, cos: Tensor, sin: Tensor, size: Tensor, eps: Tensor) -> Dict[str, Tensor]:
                # only the adapters have gradients
                torch.set_grad_enabled(True)
                leaf = self.leaves(a)
                loss = self.packed_loss(self.adapted(w, leaf, tokens, float(scale)), ids, targets, positions, segments, cos, sin, size, eps)
                return self.reported(loss.detach(), a, 0, self.gradients(loss, leaf))
            """);

    private final Trainable trained;

    /** The loss of {@code trained}. */
    public PackedObjective(Trainable trained) {
        this.trained = trained;
    }

    @Override
    public Double accumulate(PackedSequences packed, Gradients gradients) {
        Transformer network = trained.network();
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = network.arguments(call);
            String method = "packed_gradients";
            if (trained instanceof LoraAdapters adapters) {
                in.addAll(adapters.weights().values());
                adapters.shape(in);
                method = "adapter_gradients";
            }
            Sequences rows = packed.rows();
            Shape shape = new Shape(rows.batch(), rows.time());
            in.add(call.create(rows.ids(), shape));
            in.add(call.create(rows.targets(), shape));
            in.add(call.create(packed.positions(), shape));
            in.add(call.create(packed.segments(), shape));
            network.shape(in);
            return (double) Computed.of(PROGRAM.run(call, method, in), gradients)[0];
        }
    }

    /** Targets. */
    @Override
    public double weight(PackedSequences packed) {
        return packed.rows().targetCount();
    }

    @Override
    public Double merged(Double first, Double second, double share) {
        return Objective.mean(first, second, share);
    }
}
