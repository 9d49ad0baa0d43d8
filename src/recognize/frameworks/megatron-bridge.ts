import { firstGiven, known } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import { recomputeOfSwitch } from '../meanings.ts'

const BRIDGE = 'NVIDIA-NeMo/Megatron-Bridge:src/megatron/bridge/training/config.py@067f987d'

/** Megatron-Bridge: YAML laid over a recipe that is Python. The model is the recipe's, so the policy must name it. */
export const megatronBridge: Framework = {
  name: 'megatron_bridge',
  recognizes: keys =>
    keys.hasAny('train.train_iters', 'train.train_samples') && (keys.hasSection('model') || keys.hasSection('dataset')),
  facts: keys => {
    const model = keys.under('model')
    return {
      hiddenSize: model.integer('hidden_size'),
      numLayers: model.integer('num_layers'),
      numHeads: model.integer('num_attention_heads'),
      numKvHeads: model.integer('num_query_groups'),
      headDim: model.integer('kv_channels'),
      ffnSize: model.integer('ffn_hidden_size'),
      vocabSize: model.integer('vocab_size'),
      trainable: known('full', { kind: 'assumed', source: `${BRIDGE}: no adapter is a key of the file` }),
      seqLen: firstGiven(model.integer('seq_length'), keys.integer('dataset.seq_length')),
      microBatch: keys.integer('train.micro_batch_size'),
      globalBatch: keys.integer('train.global_batch_size'),
      steps: keys.integer('train.train_iters'),
      trainSamples: keys.count('train.train_samples'),
      recompute: recomputeOfSwitch(model, 'recompute_granularity'),
      tp: model.integer('tensor_model_parallel_size'),
      pp: model.integer('pipeline_model_parallel_size'),
      cp: model.integer('context_parallel_size'),
      ep: model.integer('expert_model_parallel_size'),
    }
  },
}
