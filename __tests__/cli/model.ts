/*
 * One model, counted by hand. Forward FLOPs per token:
 *   a layer: projections 2·1024·3072 + 2·1024·1024 = 8,388,608 · attention 4·1024·512.5 = 2,099,200
 *            gated feed-forward 2·3·1024·4096 = 25,165,824                                → 35,653,632
 *   four layers 142,614,528 + head 2·1024·32,000 = 65,536,000                             → 208,150,528
 * Training × 3 = 624,451,584. Tokens: 1,000,000 × 512 × 1,024 = 524,288,000,000.
 * Hours at 0.4 of 989 TFLOP/s: 229.8846; at $2: $459.77 for a million steps, half of it for half of the steps.
 */
export const config = (steps: number | string, extra = ''): string => `traincost: 1
hidden_size: 1024
num_layers: 4
num_heads: 8
num_kv_heads: 8
head_dim: 128
ffn_size: 4096
gated: true
vocab_size: 32000
tied_embeddings: false
method: pretrain
packing: true
seq_len: 1024
global_batch: 512
steps: ${steps}
${extra}`
