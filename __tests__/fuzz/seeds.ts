import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { axolotl, trl } from '../e2e/scenario.ts'
import type { Seed } from './targets.ts'

/** A run in plain facts, so that every kind of training is among the seeds with a price. */
const FACTS = `traincost: 1
hidden_size: 2048
num_layers: 24
num_heads: 16
num_kv_heads: 4
ffn_size: 5632
gated: true
vocab_size: 50304
tied_embeddings: false
seq_len: 2048
micro_batch: 8
global_batch: 512
steps: 10000
precision: bf16
`

/** Every config of the fixtures, and three of our own that say all that a price needs. */
export function seedsFrom(fixtures: string): readonly Seed[] {
  const found = readdirSync(fixtures, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name !== 'expected.json' && /\.(?:ya?ml|json|toml)$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
  const own: readonly Seed[] = [
    { name: 'facts.yaml', text: FACTS },
    { name: 'sft.yaml', text: axolotl({ epochs: 2 }) },
    { name: 'chat.yaml', text: trl({ epochs: 2 }) },
  ]
  return [
    ...own,
    ...found.map((path, i) => ({
      name: `seed-${i}${path.slice(path.lastIndexOf('.'))}`,
      text: readFileSync(path, 'utf8'),
    })),
  ]
}
