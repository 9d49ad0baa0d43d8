/**
 * Files of a machine-learning repository that are no training config, though they speak of models, batches, steps and GPUs.
 * Each kind is written in several variants, so that recognition cannot lean on one of its words.
 */
type OtherFile = readonly [path: string, text: string]

const MODELS = ['meta-llama/Llama-3.1-8B', 'Qwen/Qwen2.5-72B-Instruct', './checkpoints/last', 'mistral-7b'] as const
const yaml = (...lines: readonly string[]): string => `${lines.join('\n')}\n`
const json = (value: unknown): string => JSON.stringify(value, null, 2)
/** Every kind once for each of its variants. */
function variants<T>(values: readonly T[], write: (value: T, i: number) => OtherFile): readonly OtherFile[] {
  return values.map(write)
}

const SERVING = MODELS.flatMap((model, i): readonly OtherFile[] => [
  [
    `serve/vllm-${i}.yaml`,
    yaml(`model: ${model}`, 'tensor_parallel_size: 8', 'max_model_len: 8192', 'dtype: bfloat16'),
  ],
  [
    `serve/vllm-args-${i}.yaml`,
    yaml(`model: ${model}`, 'max-num-seqs: 256', 'max-num-batched-tokens: 8192', 'port: 8000'),
  ],
  [`serve/sglang-${i}.yaml`, yaml(`model-path: ${model}`, 'tp: 4', 'mem-fraction-static: 0.9', 'context-length: 4096')],
  [`serve/tgi-${i}.json`, json({ model_id: model, num_shard: 4, max_input_length: 4096, max_batch_size: 32 })],
  [
    `serve/litellm-${i}.yaml`,
    yaml('model_list:', `  - model_name: ${model}`, '    litellm_params: {model: x, rpm: 6}'),
  ],
  [`serve/triton-${i}.json`, json({ name: model, max_batch_size: 8, instance_group: [{ count: 1, gpus: [0] }] })],
  [
    `serve/ray-serve-${i}.yaml`,
    yaml('applications:', '  - name: llm', '    import_path: app', `    args: {model: "${model}"}`),
  ],
  [
    `serve/bento-${i}.yaml`,
    yaml('service: llm:svc', 'resources: {gpu: 1}', 'traffic: {timeout: 60}', `labels: {model: "${model}"}`),
  ],
  [
    `eval/harness-${i}.yaml`,
    yaml('task: gsm8k', 'dataset_path: gsm8k', 'num_fewshot: 5', 'training_split: train', `model: ${model}`),
  ],
  [
    `eval/group-${i}.yaml`,
    yaml('group: leaderboard', 'task: [mmlu, arc]', 'aggregate_metric_list: [{metric: acc}]', 'metadata: {version: 1}'),
  ],
  [
    `eval/lighteval-${i}.yaml`,
    yaml(
      'model_parameters:',
      `  model_name: ${model}`,
      '  batch_size: 8',
      '  generation_parameters: {max_new_tokens: 512}',
    ),
  ],
  [
    `eval/opencompass-${i}.json`,
    json({ models: [{ path: model, batch_size: 16 }], datasets: ['mmlu'], work_dir: 'out' }),
  ],
  [
    `infer/generate-${i}.yaml`,
    yaml(`model_name_or_path: ${model}`, 'max_new_tokens: 256', 'temperature: 0.7', 'num_return_sequences: 4'),
  ],
  [
    `infer/predict-${i}.yaml`,
    yaml(
      `model_name_or_path: ${model}`,
      'stage: sft',
      'do_train: false',
      'do_predict: true',
      'template: qwen',
      'dataset: test',
    ),
  ],
  [
    `infer/chat-${i}.yaml`,
    yaml(`model_name_or_path: ${model}`, 'template: llama3', 'infer_backend: vllm', 'trust_remote_code: true'),
  ],
  [
    `export/merge-${i}.yaml`,
    yaml(
      `model_name_or_path: ${model}`,
      'adapter_name_or_path: a',
      'template: qwen',
      'finetuning_type: lora',
      'stage: sft',
      'export_dir: merged',
    ),
  ],
  [
    `merge/mergekit-${i}.yaml`,
    yaml('merge_method: slerp', `base_model: ${model}`, 'parameters: {t: 0.5}', 'dtype: bfloat16'),
  ],
  [
    `quantize/awq-${i}.yaml`,
    yaml(`model: ${model}`, 'quant_config: {w_bit: 4, q_group_size: 128, zero_point: true}', 'calib_data: pileval'),
  ],
  [
    `quantize/gptq-${i}.json`,
    json({ bits: 4, group_size: 128, damp_percent: 0.1, desc_act: true, model_name_or_path: model }),
  ],
  [
    `recipes/torchtune-generate-${i}.yaml`,
    yaml(
      'model:',
      '  _component_: torchtune.models.llama3.llama3_8b',
      'tokenizer:',
      '  _component_: torchtune.models.llama3.llama3_tokenizer',
      'max_new_tokens: 300',
      `seed: ${i}`,
    ),
  ],
])

const HUB: readonly OtherFile[] = MODELS.flatMap((model, i): readonly OtherFile[] => [
  [
    `m${i}/tokenizer_config.json`,
    json({ tokenizer_class: 'PreTrainedTokenizerFast', model_max_length: 8192 * (i + 1), name_or_path: model }),
  ],
  [
    `m${i}/generation_config.json`,
    json({
      _from_model_config: true,
      bos_token_id: 1,
      eos_token_id: [2, 3],
      transformers_version: `4.4${i}.0`,
      max_length: 4096,
    }),
  ],
  [
    `m${i}/preprocessor_config.json`,
    json({
      feature_extractor_type: 'WhisperFeatureExtractor',
      feature_size: 80,
      hop_length: 160,
      n_fft: 400,
      num_mel_bins: 80,
    }),
  ],
  [
    `m${i}/processor_config.json`,
    json({ processor_class: 'LlavaProcessor', patch_size: 14, num_additional_image_tokens: i }),
  ],
  [`m${i}/special_tokens_map.json`, json({ bos_token: '<s>', eos_token: { content: '</s>', lstrip: false } })],
  [`m${i}/added_tokens.json`, json({ '<|im_start|>': 151644 + i, '<|im_end|>': 151645 + i })],
  [
    `m${i}/model.safetensors.index.json`,
    json({ metadata: { total_size: 16060522496 }, weight_map: { 'lm_head.weight': `model-0000${i}.safetensors` } }),
  ],
  [
    `m${i}/trainer_state.json`,
    json({ global_step: 100 * i, max_steps: 1000, num_train_epochs: 3, train_batch_size: 8, log_history: [] }),
  ],
  [`m${i}/all_results.json`, json({ epoch: 3, train_loss: 1.2, train_runtime: 100, train_samples_per_second: 10 + i })],
  [`m${i}/quantize_config.json`, json({ bits: 4, group_size: 128, desc_act: false, model_name_or_path: null })],
  [
    `m${i}/scheduler_config.json`,
    json({ _class_name: 'DDIMScheduler', num_train_timesteps: 1000, beta_start: 0.0001, steps_offset: 1 }),
  ],
  [`m${i}/modules.json`, json([{ idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' }])],
  [`m${i}/sentence_bert_config.json`, json({ max_seq_length: 512, do_lower_case: false })],
  [
    `m${i}/dataset_infos.json`,
    json({ default: { splits: { train: { num_examples: 52002, num_bytes: 1e6 } }, download_size: 1 } }),
  ],
])

const KINDS = [
  'Job',
  'CronJob',
  'Deployment',
  'StatefulSet',
  'Service',
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
] as const
const CLUSTER: readonly OtherFile[] = [
  ...variants(KINDS, kind => [
    `k8s/${kind}.yaml`,
    yaml(
      'apiVersion: v1',
      `kind: ${kind}`,
      'metadata: {name: train, labels: {model: llama}}',
      'spec:',
      '  parallelism: 8',
      '  template:',
      '    spec: {containers: [{name: t, args: ["--max-steps=100", "--batch-size=8"]}]}',
    ),
  ]),
  ...variants(['PyTorchJob', 'MPIJob', 'TFJob', 'TrainJob', 'XGBoostJob', 'PaddleJob'], kind => [
    `kubeflow/${kind}.yaml`,
    yaml(
      'apiVersion: kubeflow.org/v1',
      `kind: ${kind}`,
      'metadata: {name: ft}',
      'spec:',
      '  nprocPerNode: "8"',
      '  replicaSpecs: {Worker: {replicas: 4}}',
      '  trainer: {numNodes: 4, args: ["--epochs", "3"]}',
    ),
  ]),
  ...variants(['RayCluster', 'RayJob', 'RayService'], kind => [
    `ray/${kind}.yaml`,
    yaml(
      'apiVersion: ray.io/v1',
      `kind: ${kind}`,
      'spec:',
      '  entrypoint: python train.py',
      '  workerGroupSpecs: [{replicas: 4, numOfHosts: 1}]',
    ),
  ]),
  ...variants([1, 2, 8], nodes => [
    `ray/cluster-${nodes}.yaml`,
    yaml(
      'cluster_name: train',
      `max_workers: ${nodes}`,
      'provider: {type: aws, region: us-east-1}',
      'available_node_types:',
      '  head: {resources: {GPU: 8}}',
    ),
  ]),
  ...variants(['A100:8', 'H100:8', 'V100:1'], accelerators => [
    `sky/${accelerators.replace(':', '-')}.yaml`,
    yaml(
      'resources:',
      `  accelerators: ${accelerators}`,
      'num_nodes: 2',
      'workdir: .',
      'envs: {BATCH_SIZE: 8, MAX_STEPS: 1000}',
      'run: torchrun train.py --config configs/a.yaml',
    ),
  ]),
  ...variants(['train', 'sweep', 'eval'], name => [
    `slurm/${name}.yaml`,
    yaml(
      `job_name: ${name}`,
      'nodes: 4',
      'gpus_per_node: 8',
      'time: "24:00:00"',
      'partition: gpu',
      'command: srun python train.py',
    ),
  ]),
  ...variants(['default', 'gpu', 'cpu'], name => [
    `submitit/${name}.yaml`,
    yaml(
      'defaults: [submitit_slurm]',
      '_target_: hydra_plugins.submitit.Launcher',
      `partition: ${name}`,
      'gpus_per_node: 8',
      'timeout_min: 4320',
    ),
  ]),
  ...variants(['values.yaml', 'values-prod.yaml', 'values-dev.yaml', 'charts/llm/values.yaml'], name => [
    `helm/${name}`,
    yaml(
      'replicaCount: 2',
      'image: {repository: ours/trainer, tag: v1}',
      'model: {name: llama, path: /models}',
      'training: {enabled: true}',
      'resources: {limits: {nvidia.com/gpu: 8}}',
    ),
  ]),
  ...variants(['Chart.yaml', 'charts/a/Chart.yaml'], name => [
    `helm/${name}`,
    yaml('apiVersion: v2', 'name: llm', 'version: 0.1.0', 'dependencies: []'),
  ]),
  ...variants(['docker-compose.yml', 'compose.yaml', 'docker/compose.gpu.yml', 'compose.override.yml'], name => [
    name,
    yaml(
      'services:',
      '  trainer:',
      '    image: ours/train',
      '    command: python train.py --epochs 3',
      '    environment: {BATCH_SIZE: "8", MODEL: llama}',
      '    deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: 8}]}}}',
    ),
  ]),
]

const PROJECT: readonly OtherFile[] = [
  ...variants(['ci', 'train', 'release', 'nightly', 'docs', 'lint', 'gpu-tests', 'traincost'], name => [
    `.github/workflows/${name}.yml`,
    yaml(
      `name: ${name}`,
      'on: [push]',
      'jobs:',
      '  train:',
      '    runs-on: gpu',
      '    strategy: {matrix: {model: [7b, 13b], batch_size: [1, 8]}}',
      '    steps: [{run: python train.py --max-steps 10}]',
    ),
  ]),
  ...variants(['node24', 'composite', 'docker'], using => [
    `.github/actions/${using}/action.yml`,
    yaml(
      'name: Train',
      'description: runs',
      'inputs: {epochs: {default: "3"}, model: {required: true}}',
      `runs: {using: ${using}}`,
    ),
  ]),
  ...variants(['bug', 'feature', 'model'], name => [
    `.github/ISSUE_TEMPLATE/${name}.yml`,
    yaml(`name: ${name}`, 'description: x', 'body: [{type: input, id: model, attributes: {label: Model}}]'),
  ]),
  ...variants(['train-api', 'jobs', 'models'], name => [
    `api/${name}.openapi.yaml`,
    yaml(
      'openapi: 3.1.0',
      `info: {title: ${name}, version: "1"}`,
      'paths:',
      '  /train: {post: {requestBody: {content: {application/json: {schema: {properties: {epochs: {type: integer}, batch_size: {type: integer}}}}}}}}',
    ),
  ]),
  ...variants(['run', 'model', 'dataset'], name => [
    `schema/${name}.schema.json`,
    json({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: name,
      properties: { max_steps: { type: 'integer' }, hidden_size: { type: 'integer' } },
    }),
  ]),
  ...variants(['trainer', 'ui', 'docs'], name => [
    `${name}/package.json`,
    json({ name, version: '1.0.0', scripts: { train: 'python train.py', build: 'tsc' }, dependencies: { yaml: '2' } }),
  ]),
  ...variants(['trainer', 'model', 'data'], name => [
    `${name}/pyproject.toml`,
    yaml(
      '[project]',
      `name = "${name}"`,
      'version = "1"',
      'dependencies = ["torch", "transformers"]',
      '[tool.ruff]',
      'line-length = 120',
      '[tool.pytest.ini_options]',
      'markers = ["gpu"]',
    ),
  ]),
  ...variants(['tsconfig.json', 'jsconfig.json', 'web/tsconfig.json'], name => [
    name,
    json({ compilerOptions: { target: 'es2022', strict: true }, include: ['src'] }),
  ]),
  ...variants(['conda.yaml', 'environment.yml', 'env-gpu.yml'], name => [
    name,
    yaml('name: train', 'channels: [conda-forge]', 'dependencies: [python=3.11, pytorch, {pip: [transformers]}]'),
  ]),
  ...variants(['dvc.yaml', 'pipelines/dvc.yaml'], name => [
    name,
    yaml(
      'stages:',
      '  train:',
      '    cmd: python train.py',
      '    params: [train.epochs, train.batch_size]',
      '    deps: [data]',
    ),
  ]),
  ...variants(['a', 'b', 'c'], name => [
    `sweeps/${name}.yaml`,
    yaml(
      'program: train.py',
      'method: bayes',
      'metric: {name: loss, goal: minimize}',
      'parameters:',
      '  learning_rate: {min: 1e-5, max: 1e-3}',
      '  epochs: {values: [1, 3]}',
      '  batch_size: {values: [8, 16]}',
    ),
  ]),
  ...variants(['mlflow/MLproject.yaml', 'zenml.yaml', 'flyte.yaml', 'metaflow.yaml', 'prefect.yaml'], name => [
    name,
    yaml(
      'name: train',
      'steps: {train: {parameters: {epochs: 3}, resources: {gpu_count: 8}}}',
      'settings: {docker: {requirements: [torch]}}',
    ),
  ]),
  ...variants(['dataset_info.json', 'data/mix.json', 'data/manifest.json'], name => [
    name,
    json({ alpaca: { file_name: 'a.json', columns: { prompt: 'instruction' }, num_samples: 52002 } }),
  ]),
  ...variants(['mix.yaml', 'blend.yaml', 'sources.yaml'], name => [
    `data/${name}`,
    yaml(
      'cache_dir: gs://ours/cache',
      'tokenizer: gpt2',
      'configs:',
      '  books: {train_urls: [gs://a], validation_urls: [gs://b]}',
      'train_weights: {books: 1.0}',
    ),
  ]),
  ...variants(['adam', 'lion', 'muon'], name => [
    `conf/optimizer/${name}.yaml`,
    yaml(`_target_: torch.optim.${name}`, 'lr: 3e-4', 'betas: [0.9, 0.95]', 'weight_decay: 0.1'),
  ]),
  ...variants(['wandb', 'tensorboard', 'csv'], name => [
    `conf/logger/${name}.yaml`,
    yaml(
      `${name}:`,
      '  _target_: lightning.pytorch.loggers.Logger',
      '  save_dir: ${paths.output_dir}',
      '  project: llm',
    ),
  ]),
  ...variants(['ddp', 'gpu', 'cpu'], name => [
    `conf/trainer/${name}.yaml`,
    yaml(
      'defaults: [default]',
      '_target_: lightning.pytorch.Trainer',
      `strategy: ${name}`,
      'max_epochs: 10',
      'devices: 4',
      'num_nodes: 1',
    ),
  ]),
  ...variants(['early', 'checkpoint', 'lr'], name => [
    `conf/callbacks/${name}.yaml`,
    yaml(
      `${name}:`,
      '  _target_: lightning.pytorch.callbacks.Callback',
      '  monitor: val/loss',
      '  every_n_train_steps: 100',
    ),
  ]),
  ...variants(['resnet', 'vit', 'bert'], name => [
    `configs/${name}/metafile.yml`,
    yaml(
      'Collections:',
      `  - Name: ${name}`,
      '    Metadata: {Training Data: ImageNet, Epochs: 100, Batch Size: 256}',
      'Models: []',
    ),
  ]),
  ...variants(
    [
      'mkdocs.yml',
      '_config.yml',
      '.readthedocs.yaml',
      '.pre-commit-config.yaml',
      'codecov.yml',
      'renovate.json',
      '.codespell.yaml',
    ],
    name => [
      name,
      name.endsWith('json')
        ? json({ extends: ['config:recommended'] })
        : yaml('version: 2', 'site_name: Training', 'repos: []'),
    ],
  ),
]

/** In the manner of a training framework, by its side or on top of it, and yet nothing is trained; or it is pictures. */
const BESIDE: readonly OtherFile[] = [
  ...variants(['gsm8k', 'mmlu'], task => [
    `config/harness/${task}.yaml`,
    yaml(
      `eval_harness: {task_spec: [${task}], max_length: 1024}`,
      'model: {type: llama, hidden_dim: 2048, num_layers: 16, num_heads: 32, seq_len: 1024}',
      'trainer: {mp: "p=bfloat16,c=bfloat16", num_train_steps: 100, train_batch_size: 16}',
    ),
  ]),
  ...variants(['wan', 'sdxl'], name => [
    `configs/models/${name}.yml`,
    yaml(
      `model_name: ${name}`,
      'per_device_batch_size: 1',
      'remat_policy: NONE',
      'max_train_steps: 20',
      'num_train_epochs: 1',
      'learning_rate: 1e-5',
      'diffusion_scheduler_config: {prediction_type: epsilon}',
    ),
  ]),
  ...variants(['gpt-4o', 'claude'], name => [
    `config/ask-${name}.yaml`,
    yaml(
      `model_config: {model_name: ${name}, max_concurrency: 8}`,
      `model_info: {${name}: {provider_name: api}}`,
      'actor_rollout_ref: {model: {path: our-org/base}}',
      'data: {train_batch_size: null}',
    ),
  ]),
  [
    'conf/topk.yaml',
    yaml(
      'output_path: null',
      'top_k: 64',
      'trainer: {devices: 1, max_epochs: 1, precision: bf16}',
      'model: {micro_batch_size: 1, global_batch_size: 1, restore_from_path: null}',
    ),
  ],
  ['rl/grpo_inference.yml', yaml('base_config: rl.yml', 'use_grpo: true', 'max_target_length: 512', 'model_name: x')],
  [
    'wizard/defaults.json',
    json({ lora: { r: 8 }, training: { per_device_train_batch_size: 4, num_train_epochs: 3, learning_rate: 2e-5 } }),
  ],
]

export const OTHER_FILES: readonly OtherFile[] = [...SERVING, ...HUB, ...CLUSTER, ...PROJECT, ...BESIDE]
