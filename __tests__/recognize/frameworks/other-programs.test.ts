import type { Recognition } from '../../../src/recognize/index.ts'
import { parse } from '../../../src/parse/index.ts'
import { recognize } from '../../../src/recognize/index.ts'

/** What programs around a framework write: read where it means the same, unknown where it does not, and never guessed. */
function read(text: string, path = 'configs/run.yaml'): Recognition {
  return recognize(path, new Map([[path, parse(path, text)]]))
}

function config(text: string, path?: string) {
  const recognition = read(text, path)
  if (recognition.is !== 'recognized') throw new Error(JSON.stringify(recognition))
  expect(recognition.config.problems.filter(problem => problem.severity === 'error')).toEqual([])
  return recognition.config
}

describe('adapters of programs around the Trainer', () => {
  const trainer = 'model_name_or_path: our-org/base\nper_device_train_batch_size: 4\nlearning_rate: 1e-4\n'

  it.each([
    ['use_ia3: true', 'a switch of another adapter'],
    ['peft_config: { peft_type: PREFIX_TUNING, num_virtual_tokens: 64 }', "PEFT's name of another adapter"],
    ['use_peft: true\npeft_type: IA3', 'a switch and the name of another adapter'],
  ])('does not take %s for a training of all weights: %s', text => {
    const { facts } = config(`${trainer}${text}\n`)
    expect(facts.trainable).toMatchObject({ known: false, missing: [{ absent: false }] })
    expect(facts.loraRank).toBeUndefined()
  })

  it.each([
    ['use_lora: false\nlora_rank: 8', 'full'],
    ['peft_method: full\nlora: { r: 8 }', 'full'],
    ['lora: { r: 8, enabled: false }', 'full'],
    ['use_qlora: true\nlora_r: 8', 'qlora'],
    ['lora_config: { r: 8, lora_alpha: 16 }', 'lora'],
  ])('reads %j as %s', (text, trainable) => {
    expect(config(`${trainer}${text}\n`).facts.trainable).toMatchObject({ known: true, value: trainable })
  })

  it('takes no rank of its own for a switch that is not TRL’s: the default belongs to use_peft', () => {
    expect(config(`${trainer}use_lora: true\n`).facts.loraRank).toBeUndefined()
    expect(config(`${trainer}use_peft: true\n`).facts.loraRank).toMatchObject({ known: true, value: 16 })
  })

  it('takes the arguments that Hydra makes an object of for a part of a run', () => {
    const group = '_target_: trl.SFTConfig\nper_device_train_batch_size: 4\nlearning_rate: 1e-4\nmax_length: 2048\n'
    expect(config(group)).toMatchObject({ framework: 'trl', fragment: true })
  })
})

describe('a run in a section of a launcher’s file', () => {
  const training = 'training: { output_dir: out, per_device_train_batch_size: 4, max_steps: 50, learning_rate: 1e-4 }\n'

  it('trains the adapter that stands beside the section', () => {
    const { facts } = config(`model: our-org/base\n${training}lora: { r: 12, target_modules: [q_proj] }\n`)
    expect(facts).toMatchObject({
      microBatch: { value: 4 },
      trainable: { value: 'lora' },
      loraRank: { value: 12 },
      loraTargets: { value: ['q_proj'] },
    })
    expect(facts.loraRank).toMatchObject({ origins: [{ path: 'configs/run.yaml', line: 3 }] })
  })

  it('says unknown of an adapter beside it that it cannot read', () => {
    const { facts } = config(`${training}peft_config: { peft_type: PREFIX_TUNING, num_virtual_tokens: 64 }\n`)
    expect(facts.trainable).toMatchObject({ known: false, missing: [{ absent: false }] })
  })

  it('reads the section that is named for the framework', () => {
    const text =
      'backend: llamafactory\nslurm: { num_nodes: 2 }\n' +
      'llamafactory: { stage: sft, finetuning_type: full, model_name_or_path: our-org/base, cutoff_len: 4096 }\n'
    const { framework, facts } = config(text)
    expect(framework).toBe('llama_factory')
    expect(facts).toMatchObject({ trainable: { value: 'full' }, seqLen: { value: 4096 } })
  })
})

describe('sections that several programs have', () => {
  it('does not take a model and a training section for Oumi’s, which has keys of its own', () => {
    const other = 'model: { model_name: our-org/base, dtype: bfloat16 }\ntraining: { max_steps: 10 }\n'
    expect(read(other).is).toBe('unrecognized')
  })

  it('takes no NeMo inference and no evaluation for a training', () => {
    const uses =
      'trainer: { devices: 8, num_nodes: 1, precision: bf16 }\n' +
      'model: { restore_from_path: model.nemo, micro_batch_size: 100, global_batch_size: 800 }\n'
    expect(read(uses).is).toBe('unrecognized')
    const trains = uses.replace('devices: 8,', 'devices: 8, max_steps: 100,')
    expect(read(trains).is).toBe('recognized')
  })

  it.each([
    ['virtual_prompt_style: p-tuning', 'prompts'],
    ['mm_cfg: { llm: { freeze: true } }', 'what joins an encoder to a frozen model'],
  ])('says unknown where NeMo trains %s (%s), not all weights', line => {
    const text = `trainer: { devices: 8, max_steps: 100 }\nmodel:\n  micro_batch_size: 2\n  global_batch_size: 16\n  ${line}\n`
    expect(config(text).facts.trainable).toMatchObject({ known: false, missing: [{ absent: false }] })
  })
})

it('counts one node of NeMo’s devices unless the model is cut into more parts than that', () => {
  const run = (sizes: string) =>
    `trainer: { devices: 8, max_steps: 100 }\nmodel: { micro_batch_size: 1, global_batch_size: 64, ${sizes} }\n`
  expect(config(run('tensor_model_parallel_size: 8')).facts.accelerators).toMatchObject({ known: true, value: 8 })
  const larger = 'tensor_model_parallel_size: 4, pipeline_model_parallel_size: 4'
  expect(config(run(larger)).facts.accelerators).toBeUndefined()
  const stated = run(larger).replace('devices: 8,', 'devices: 8, num_nodes: 4,')
  expect(config(stated).facts.accelerators).toMatchObject({ known: true, value: 32 })
})

it('does not take fairseq’s decoder for the whole model where the encoder is in a checkpoint', () => {
  const { facts } = config(
    'task: { _name: speech }\noptimization: { max_update: 100 }\n' +
      'model: { _name: seq2seq, w2v_path: ???, decoder_embed_dim: 768, decoder_layers: 6, decoder_attention_heads: 8 }\n',
  )
  expect(facts.hiddenSize).toMatchObject({ known: false, missing: [{ absent: false }] })
  expect(facts.numLayers).toBeUndefined()
})

it('takes no LLaMA-Factory file that only tokenizes for a training', () => {
  const prepares = 'stage: sft\ndo_train: true\nfinetuning_type: lora\ndataset: ours\ntokenized_path: saves/ours\n'
  expect(read(prepares).is).toBe('unrecognized')
  expect(read(`${prepares}learning_rate: 1e-4\n`).is).toBe('recognized')
})

describe('MaxText', () => {
  const run = 'base_config: base.yml\nper_device_batch_size: 1\n'

  it('counts devices only where no axis of the mesh takes what is left', () => {
    const both = 'dcn_data_parallelism: 2\nici_fsdp_parallelism: 16\n'
    expect(config(run + both).facts.accelerators).toMatchObject({ known: true, value: 32 })
    expect(config(`${run}ici_fsdp_parallelism: 16\n`).facts.accelerators).toBeUndefined()
    expect(config(`${run}dcn_data_parallelism: -1\nici_fsdp_parallelism: 16\n`).facts.accelerators).toBeUndefined()
  })

  it('takes a model’s sizes with its sequence length for a part of a run', () => {
    const sizes = 'base_emb_dim: 1024\nbase_mlp_dim: 4096\nbase_num_decoder_layers: 8\nmax_target_length: 1024\n'
    expect(config(sizes, 'configs/models/ours.yml')).toMatchObject({ framework: 'maxtext', fragment: true })
  })

  it('takes no inference file for a training', () => {
    expect(read('base_config: base.yml\nenable_model_warmup: false\n', 'configs/inference_server.yml').is).toBe(
      'unrecognized',
    )
  })
})

describe('lingua', () => {
  const run = (model: string) =>
    `steps: 100\nmodel:\n  dim: 2048\n  n_layers: 25\n  n_heads: 22\n  ${model}\ndata: { batch_size: 4, seq_len: 2048 }\n`

  it.each(['conv_size: 4', 'lru_dim_multiplier: 0.65', 'sdm_at: [1, 3]', 'productkey_args: { is_enabled: true }'])(
    'does not price layers with %s as attention and feed-forward, nor call their sizes an error',
    line => {
      const { facts } = config(run(line))
      expect(facts.ssm).toMatchObject({ known: false, missing: [{ absent: false }] })
      expect([facts.headDim, facts.ffnSize]).toEqual([undefined, undefined])
      expect(facts.steps).toMatchObject({ known: true, value: 100 })
    },
  )

  it('prices a plain transformer with a switch for such layers that is off', () => {
    const plain = run('productkey_args: { is_enabled: false }').replace('n_heads: 22', 'n_heads: 16')
    expect(config(plain).facts).toMatchObject({ numHeads: { value: 16 }, headDim: { value: 128 } })
  })
})

it('says that nothing is offloaded where DeepSpeed’s device is none', () => {
  const offload = (device: string) =>
    config(`{"zero_optimization": {"stage": 3, "offload_param": {"device": "${device}"}}}`, 'ds.json').facts.offload
  expect(offload('none')).toMatchObject({ known: true, value: false })
  expect(offload('cpu')).toMatchObject({ known: true, value: true })
})

describe('what a file leaves to somebody else', () => {
  it('does not fill a mandatory value of the command line with a default', () => {
    const fairseq = (frequency: string) =>
      config(
        `task: { _name: lm, tokens_per_sample: 512 }\noptimization: { max_update: 9, update_freq: ${frequency} }\ndataset: { batch_size: 2 }\nmodel: { _name: transformer_lm }\n`,
      ).facts.gradAccum
    expect(fairseq('???')).toMatchObject({ known: false, missing: [{ absent: false }] })
    expect(fairseq('[3]')).toMatchObject({ known: true, value: 3 })
  })

  it('does not put verl’s lengths and batch where a program on top of it set them to null', () => {
    const { facts } = config(
      'defaults: [ppo_trainer, _self_]\ndata: { max_prompt_length: null, max_response_length: null, train_batch_size: null }\nactor_rollout_ref: { model: { path: our-org/base }, actor: { ppo_mini_batch_size: 32 } }\nalgorithm: { adv_estimator: gae }\ntrainer: { total_training_steps: 200 }\n',
    )
    expect(facts.seqLen).toMatchObject({ known: false })
    expect(facts.steps).toMatchObject({ known: false })
    expect(facts.globalBatch).toMatchObject({ known: true, value: 32 })
  })

  it('leaves the switch of the reference to the base that a verl config is laid over', () => {
    const laid = (first: string) =>
      config(
        `${first}data: { train_batch_size: 64 }\nactor_rollout_ref: { model: { path: our-org/base } }\nalgorithm: { adv_estimator: gae, kl_ctrl: { kl_coef: 0.001 } }\n`,
      ).facts.referenceModel
    expect(laid('')).toMatchObject({ known: true, value: true })
    expect(laid('defaults: [ppo_trainer, _self_]\n')).toMatchObject({ known: true, value: false })
  })

  it('does not shard a verl config as FSDP does that is laid over the Megatron base', () => {
    const laid = (base: string) =>
      config(
        `defaults: [${base}, _self_]\ndata: { train_batch_size: 64 }\nactor_rollout_ref: { model: { path: our-org/base } }\nalgorithm: { adv_estimator: grpo }\n`,
      ).facts.zeroStage
    expect(laid('ppo_megatron_trainer')).toBeUndefined()
    expect(laid('ppo_trainer')).toMatchObject({ known: true, value: 3 })
  })

  it('counts no NeuronCores as chips: the profile says how many there are', () => {
    const { facts } = config(
      'trainer: { devices: 64, num_nodes: 8, max_steps: 10 }\ndistributed_strategy: { tensor_model_parallel_size: 32 }\ndata: { micro_batch_size: 1, global_batch_size: 8 }\nmodel: { encoder_seq_length: 2048, num_layers: 2, hidden_size: 64 }\n',
    )
    expect(facts.accelerators).toBeUndefined()
    expect(facts.globalBatch).toMatchObject({ value: 8 })
  })

  it.each(['spin', 'rs'])('knows that NeMo-Aligner’s %s is no plain training, and prices it as none', algorithm => {
    const { facts } = config(
      `trainer: { devices: 8, ${algorithm}: { max_epochs: 1 }, max_epochs: 1 }\nmodel: { micro_batch_size: 1, global_batch_size: 8, optim: { name: adam } }\n`,
    )
    expect(facts.method).toMatchObject({ known: false, missing: [{ absent: false }] })
  })

  it.each([
    ['train_batch_size: 4', 'microBatch'],
    ['batch_size: 64', 'gradAccum'],
    ['micro_batch_size: 4', 'gradAccum'],
  ] as const)('does not take the Trainer’s default beside %s', (own, fact) => {
    const { facts } = config(`model_name_or_path: our-org/base\nlearning_rate: 1e-5\nnum_train_epochs: 1\n${own}\n`)
    expect(facts[fact]).toMatchObject({ known: false, missing: [{ absent: false }] })
  })

  it('lets a program accumulate until it has the batch that it says, and takes no step of one micro batch for it', () => {
    const { facts } = config(
      'model_name_or_path: our-org/base\noutput_dir: out\nper_device_train_batch_size: 1\nglobal_batch_size: 512\n',
    )
    expect(facts).toMatchObject({ microBatch: { value: 1 }, globalBatch: { value: 512 } })
    expect(facts.gradAccum).toMatchObject({ known: false, missing: [{ absent: false }] })
  })

  it('takes arguments of the Trainer that name no model and no output for somebody’s defaults', () => {
    const defaults = 'training: { per_device_train_batch_size: 4, num_train_epochs: 3, learning_rate: 2e-5 }\n'
    expect(read(`lora: { r: 8 }\n${defaults}`)).toMatchObject({ is: 'unrecognized' })
    expect(config(`model: { model_id: our-org/base }\n${defaults}`).facts.baseModel).toMatchObject({
      known: true,
      value: 'our-org/base',
    })
  })

  it('reads OLMo’s moe keys only beside the block that uses them, and guesses no number of experts', () => {
    const olmo = (keys: string) =>
      config(
        `model: { d_model: 64, n_layers: 2, n_heads: 2, mlp_ratio: 1, ${keys} }\nglobal_train_batch_size: 8\nmax_duration: 5\n`,
      ).facts
    expect(olmo('block_type: sequential, moe_num_experts: 8, moe_top_k: 2').experts).toBeUndefined()
    expect(olmo('block_type: moe, moe_top_k: 2').experts).toMatchObject({ known: false })
  })
})

describe('two sections of a program’s own', () => {
  const own = (model: string, training: string) => read(`model: { ${model} }\ntraining: { ${training} }\n`)
  const language = 'vocab_size: 8000, d_model: 256, n_layers: 4, n_heads: 4, max_seq_len: 512'

  it('are a training where the model has a vocabulary and a length, and the training a batch and an end', () => {
    expect(own(language, 'batch_size: 8, max_steps: 50')).toMatchObject({ is: 'recognized' })
  })
  it.each([
    ['pictures', 'image_size: 224, d_model: 256, n_layers: 4, n_heads: 4', 'batch_size: 8, epochs: 90'],
    ['an agent', 'vocab_size: 80, d_model: 256, n_layers: 4, n_heads: 4, max_steps: 16', 'batch_size: 8, epochs: 3'],
    ['no end', language, 'batch_size: 8'],
    ['no batch', language, 'max_steps: 50'],
  ])('are none for %s', (_, model, training) => {
    expect(own(model, training)).toMatchObject({ is: 'unrecognized' })
  })
  it('leave a batch unknown that may be of one device or of all', () => {
    const recognition = own(language, 'batch_size: 8, max_steps: 50')
    expect(recognition.is === 'recognized' && recognition.config.facts.microBatch).toBeUndefined()
    expect(recognition.is === 'recognized' && recognition.config.facts.globalBatch).toBeUndefined()
  })
  it('leave a length unknown of which the sections say two things', () => {
    const recognition = read(
      `model: { ${language} }\ntrain: { batch_size: 8, max_steps: 50 }\nschedule: { max_steps: 60 }\n`,
    )
    expect(recognition).toMatchObject({ config: { facts: { steps: { known: false, missing: [{ absent: false }] } } } })
  })
})

describe('words that a program has beside a framework’s', () => {
  const trainer = 'model_name_or_path: our-org/base\noutput_dir: out\nper_device_train_batch_size: 2\n'

  it('reads a program’s own word for the precision, and guesses none of its section', () => {
    expect(config(`${trainer}mixed_precision: bf16\n`).facts.precision).toMatchObject({ known: true, value: 'bf16' })
    expect(config(`${trainer}precision: { preferred: bf16, fallback: fp32 }\n`).facts.precision).toMatchObject({
      known: false,
      missing: [{ absent: false }],
    })
  })
  it('takes the length of the samples from the section of the data, where the trainer’s has none', () => {
    const text =
      'model: { name: our-org/base }\ndata: { max_length: 1536 }\ntraining: { output_dir: out, per_device_train_batch_size: 2, beta: 0.1 }\n'
    expect(config(text).facts).toMatchObject({ baseModel: { value: 'our-org/base' }, seqLen: { value: 1536 } })
  })
  it('counts the older batch of verl’s fine-tuning for all devices together', () => {
    const sft = (batch: string, gpus = 'n_gpus_per_node: 8') =>
      config(
        `data: { train_batch_size: 256, ${batch} }\nmodel: { partial_pretrain: our-org/base }\ntrainer: { ${gpus} }\n`,
      ).facts.microBatch
    expect(sft('micro_batch_size: 32')).toMatchObject({ known: true, value: 4 })
    expect(sft('micro_batch_size_per_gpu: 6, micro_batch_size: 32')).toMatchObject({ known: true, value: 6 })
    expect(sft('micro_batch_size: 32', 'nnodes: 1')).toMatchObject({ known: false })
  })
  it('trains all of Oumi’s text part where what sees is frozen, and cannot tell where layers of it are', () => {
    const oumi = (layers: string) =>
      config(
        `model: { model_name: our-org/base, model_max_length: 512, freeze_layers: [${layers}] }\ntraining: { trainer_type: TRL_SFT, max_steps: 5 }\n`,
      ).facts.trainable
    expect(oumi('vision_model')).toMatchObject({ known: true, value: 'full' })
    expect(oumi('model.layers.0')).toMatchObject({ known: false, missing: [{ absent: false }] })
  })
  it('does not take Megatron’s model_type for one of transformers', () => {
    const sizes = 'hidden_size: 64\nnum_layers: 2\nnum_attention_heads: 2\n'
    expect(read(`model_type: gpt\n${sizes}swiglu: true\n`)).toMatchObject({ is: 'unrecognized' })
  })
  it('gives pictures no length of a text', () => {
    const flux = '[model]\nname = "flux"\nflavor = "flux-dev"\n[training]\nlocal_batch_size = 8\nsteps = 100\n'
    expect(config(flux, 'flux.toml').facts.seqLen).toMatchObject({ known: false, missing: [{ absent: false }] })
    const unet =
      'trainer: { devices: 8, max_steps: 9 }\nmodel: { micro_batch_size: 1, unet_config: { in_channels: 4 }, optim: { name: adam } }\n'
    expect(read(unet)).not.toMatchObject({ config: { framework: 'nemo' } })
  })
})

describe('defaults that only the framework’s own program has', () => {
  it('are not taken for a program that builds the Trainer’s arguments from a batch of its own', () => {
    const { facts } = config('model_name_or_path: our-org/base\nlearning_rate: 1e-5\ntrain_batch_size: 4\nbeta: 0.1\n')
    expect([facts.precision, facts.recompute, facts.epochs]).toEqual([undefined, undefined, undefined])
  })

  it.each([
    [1024, 32],
    [4096, 128],
  ])('fill a Mamba-2 layer of width %i with %i heads of 64, which is all that fit', (hidden, heads) => {
    const json = `{"model_type": "mamba2", "hidden_size": ${hidden}, "expand": 2, "head_dim": 64, "num_hidden_layers": 4, "state_size": 128}`
    expect(config(json, 'config.json').facts.ssm).toMatchObject({ known: true, value: { heads, headDim: 64 } })
  })
})

it('knows a levanter model by its name, whatever revision is behind it', () => {
  const { facts } = config(
    'initialize_from_hf: our-org/base@68e1a8e0ebb9\ntrainer: { num_train_steps: 9, train_batch_size: 8 }\n',
  )
  expect(facts.baseModel).toMatchObject({ known: true, value: 'our-org/base' })
})
