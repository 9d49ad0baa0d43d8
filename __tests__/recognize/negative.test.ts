import { parse, type ParsedFile } from '../../src/parse/index.ts'
import { recognize } from '../../src/recognize/index.ts'

const OTHER_FILES: readonly (readonly [path: string, text: string])[] = [
  ['tokenizer_config.json', '{"tokenizer_class": "LlamaTokenizer", "model_max_length": 4096, "add_bos_token": true}'],
  [
    'generation_config.json',
    '{"max_length": 4096, "temperature": 0.6, "transformers_version": "4.40.0", "eos_token_id": 2}',
  ],
  ['special_tokens_map.json', '{"bos_token": "<s>", "eos_token": "</s>"}'],
  ['preprocessor_config.json', '{"do_resize": true, "image_processor_type": "ViTImageProcessor", "size": 224}'],
  ['tokenizer.json', '{"version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}'],
  ['model.safetensors.index.json', '{"metadata": {"total_size": 16060522496}, "weight_map": {"lm_head.weight": "a"}}'],
  [
    'trainer_state.json',
    '{"epoch": 3.0, "global_step": 100, "max_steps": 100, "num_train_epochs": 3, "log_history": []}',
  ],
  ['all_results.json', '{"epoch": 3.0, "train_loss": 0.3, "train_runtime": 100.1}'],
  ['package.json', '{"name": "x", "version": "1.0.0", "scripts": {"train": "node train.js"}, "dependencies": {}}'],
  ['package-lock.json', '{"name": "x", "lockfileVersion": 3, "packages": {}}'],
  ['tsconfig.json', '{"compilerOptions": {"target": "es2022"}, "include": ["src"]}'],
  [
    '.github/workflows/ci.yml',
    'name: ci\non: push\njobs:\n  train:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make',
  ],
  ['.github/dependabot.yml', 'version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /'],
  [
    'action.yml',
    'name: train\ndescription: d\nruns:\n  using: node24\n  main: dist/index.js\ninputs:\n  epochs:\n    default: 3',
  ],
  ['docker-compose.yml', 'services:\n  trainer:\n    image: x\n    environment:\n      - BATCH_SIZE=8'],
  [
    'k8s/job.yaml',
    'apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: train\nspec:\n  parallelism: 8\n  template: {}',
  ],
  ['k8s/deployment.yaml', 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 3'],
  ['pytorchjob.yaml', 'apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nspec:\n  pytorchReplicaSpecs: {}'],
  ['helm/values.yaml', 'image:\n  tag: latest\nmodel:\n  name: llama\nresources:\n  limits: {nvidia.com/gpu: 8}'],
  ['Chart.yaml', 'apiVersion: v2\nname: training\nversion: 0.1.0'],
  ['mkdocs.yml', 'site_name: Training\nnav:\n  - Home: index.md'],
  ['.pre-commit-config.yaml', 'repos:\n  - repo: local\n    hooks: []'],
  ['environment.yml', 'name: train\nchannels: [conda-forge]\ndependencies:\n  - python=3.11'],
  ['conda.yaml', 'dependencies: [python]'],
  ['pyproject.toml', '[project]\nname = "trainer"\nversion = "1"\n[tool.ruff]\nline-length = 120'],
  ['Cargo.toml', '[package]\nname = "model"\nversion = "0.1.0"'],
  ['poetry.lock.toml', '[[package]]\nname = "torch"\nversion = "2.5"'],
  ['.readthedocs.yaml', 'version: 2\nbuild:\n  os: ubuntu-22.04'],
  ['codecov.yml', 'coverage:\n  status: {project: {default: {target: auto}}}'],
  ['renovate.json', '{"extends": ["config:recommended"]}'],
  ['.vscode/settings.json', '{// comments\n "python.analysis.typeCheckingMode": "basic",}'],
  ['sky.yaml', 'resources:\n  accelerators: A100:8\nnum_nodes: 2\nrun: python train.py'],
  ['mlflow/MLproject.yaml', 'name: x\nentry_points:\n  main:\n    command: python train.py --epochs {epochs}'],
  ['dvc.yaml', 'stages:\n  train:\n    cmd: python train.py\n    params: [lr]'],
  ['wandb/config.yaml', 'wandb_version: 1\n_wandb:\n  desc: null\n  value: {}'],
  ['eval/harness.yaml', 'task: hellaswag\ndataset_path: hellaswag\noutput_type: multiple_choice\nmetric_list: []'],
  ['vllm.yaml', 'model: meta-llama/Llama-3-8B\ntensor_parallel_size: 8\nmax_model_len: 8192'],
  ['openapi.yaml', 'openapi: 3.0.3\ninfo: {title: x, version: "1"}\npaths: {}'],
  ['dataset_info.json', '{"alpaca": {"file_name": "alpaca.json"}}'],
  ['data.json', '[{"instruction": "a", "output": "b"}]'],
  ['numbers.json', '[1, 2, 3]'],
  ['text.yaml', 'just a text'],
  ['empty.yaml', ''],
  ['comments.yaml', '# nothing here\n'],
  ['ansible.yml', '- hosts: all\n  tasks:\n    - name: train\n      shell: python train.py'],
  ['export.yaml', 'model_name_or_path: a/b\nstage: sft\nfinetuning_type: lora\ntemplate: llama3\nexport_dir: out'],
  ['infer.yaml', 'model_name_or_path: a/b\nadapter_name_or_path: c\ntemplate: llama3\ninfer_backend: vllm'],
]

it('has at least forty other files to be wrong about', () => {
  expect(OTHER_FILES.length).toBeGreaterThanOrEqual(40)
})

it.each(OTHER_FILES)('is no training: %s', (path, text) => {
  const files = new Map<string, ParsedFile>([[path, parse(path, text)]])
  expect(files.get(path)!.problems).toEqual([])
  expect(recognize(path, files)).toMatchObject({ is: 'unrecognized' })
})
