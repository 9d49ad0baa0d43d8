import {
  absent,
  combine,
  derived,
  firstGiven,
  isAbsent,
  known,
  orDefault,
  type Fact,
  type RunFacts,
} from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { mapped, notUnderstood, precisionOf, recomputeOfSwitch, whereLeftOut } from '../meanings.ts'

const LEVANTER = 'stanford-crfm/levanter:src/levanter@9263f81e'

/** Keys: src/levanter in stanford-crfm/levanter@9263f81e. */
export const levanter: Framework = {
  name: 'levanter',
  recognizes: keys =>
    keys.hasAny(
      'trainer.num_train_steps',
      'trainer.train_batch_size',
      'trainer.per_device_parallelism',
      'trainer.tracker',
      'trainer.mp',
    ) &&
    // The evaluation harness takes a checkpoint, and a trainer without a length or a batch.
    !(keys.has('checkpoint_path') && !keys.hasAny('trainer.num_train_steps', 'trainer.train_batch_size')) &&
    !(keys.hasSection('eval_harness') && !keys.has('data')) &&
    // Without a type the model is a GPT-2.
    (keys.hasAny('model.type', 'initialize_from_hf', 'model_name_or_path') ||
      (keys.has('model.hidden_dim') && keys.has('model.num_layers'))),
  facts: keys => {
    const trainer = keys.under('trainer')
    const model = keys.under('model')
    const named = keys.peek('initialize_from_hf')
    const adapted = keys.hasAny('lora', 'peft_save_path')
    return {
      // A revision may follow the name.
      baseModel: mapped(
        keys.text(typeof named === 'string' ? 'initialize_from_hf' : 'model_name_or_path'),
        name => name.split('@')[0] ?? name,
      ),
      ...shape(model),
      method: known('pretrain', { kind: 'assumed', source: `${LEVANTER}: next-token training` }),
      trainable: adapted
        ? known('lora', { kind: 'config', path: keys.path, ...place(keys) })
        : known('full', { kind: 'default', source: LEVANTER }),
      loraRank: adapted ? keys.integer('lora.r') : absent('lora.rank'),
      // Data that are tokens already: only then does the file say how many there are.
      ...(keys.peek('data.tokenizer') === 'passthrough' ? { vocabSize: keys.integer('data.vocab_size') } : {}),
      seqLen: firstGiven(
        keys.integer('train_seq_len'),
        keys.integer('max_train_length'),
        keys.integer('max_tune_length'),
        model.integer('seq_len'),
      ),
      globalBatch: globalBatch(trainer),
      microBatch: trainer.integer('per_device_parallelism'),
      tp: trainer.integer('model_axis_size'),
      steps: whereLeftOut(trainer.integer('num_train_steps'), 400_000, `${LEVANTER} trainer.num_train_steps`),
      precision: precisionOf(trainer.word('mp')),
      optimizer: firstGiven(keys.text('optimizer.type'), absent('optimizer')),
      recompute: orDefault(
        recomputeOfSwitch(model, 'gradient_checkpointing'),
        'full',
        `${LEVANTER} gradient_checkpointing`,
      ),
      zeroStage: known(3, { kind: 'default', source: `${LEVANTER}: parameters are sharded over the data axis` }),
      dataset: firstGiven(keys.labels('data.id'), keys.labels('data.train_urls')),
    }
  },
}

function place(keys: Keys): { readonly line?: number; readonly column?: number } {
  const at = keys.origin('lora') ?? keys.origin('peft_save_path')
  return at?.line === undefined || at.column === undefined ? {} : { line: at.line, column: at.column }
}

/** A list is a schedule of batch sizes; −1 is per device times devices. */
function globalBatch(trainer: Keys): Fact<number> {
  if (trainer.peek('train_batch_size') === -1) return absent('global_batch')
  if (trainer.has('train_batch_size') && trainer.peek('train_batch_size') === undefined)
    return notUnderstood('global_batch', 'train_batch_size is a schedule', trainer.origin('train_batch_size'))
  return whereLeftOut(trainer.integer('train_batch_size'), 512, `${LEVANTER} trainer.train_batch_size`)
}

/** A file that names only a type leaves the sizes to the program; the vocabulary is always the tokenizer's. */
function shape(model: Keys): RunFacts {
  if (!model.hasAny('hidden_dim', 'num_layers')) return { family: model.text('type') }
  const type = orDefault(model.text('type'), 'gpt2', `${LEVANTER} main/train_lm.py model`)
  const plain = type.known && type.value === 'gpt2'
  const hiddenSize = model.integer('hidden_dim')
  const numHeads = model.integer('num_heads')
  const kv = model.integer('num_kv_heads')
  return {
    family: type,
    hiddenSize,
    numLayers: model.integer('num_layers'),
    numHeads,
    numKvHeads: isAbsent(kv) && plain ? derived(numHeads, `${LEVANTER} gpt2: as many as heads`) : kv,
    headDim: firstGiven(
      model.integer('head_dim'),
      combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads),
    ),
    ffnSize: plain
      ? derived(
          combine(
            { hiddenSize, scale: orDefault(model.number('mlp_scale'), 4, `${LEVANTER} gpt2 mlp_scale`) },
            v => v.hiddenSize * v.scale,
          ),
          `${LEVANTER} gpt2: mlp_scale × hidden_dim`,
        )
      : model.integer('intermediate_dim'),
    gated: mapped(type, name => name !== 'gpt2'),
    tiedEmbeddings: plain
      ? known(true, { kind: 'default', source: `${LEVANTER} gpt2` })
      : orDefault(model.boolean('tie_word_embeddings'), false, `${LEVANTER} tie_word_embeddings`),
  }
}
