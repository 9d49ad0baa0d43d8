import type { Framework } from '../framework.ts'
import { accelerate } from './accelerate.ts'
import { axolotl } from './axolotl.ts'
import { deepspeed } from './deepspeed.ts'
import { fairseq } from './fairseq.ts'
import { generic } from './generic.ts'
import { gptNeox } from './gpt-neox.ts'
import { hfModel } from './hf-model.ts'
import { hfTrainer, trl } from './hf-trainer.ts'
import { levanter } from './levanter.ts'
import { lingua } from './lingua.ts'
import { litgpt } from './litgpt.ts'
import { llamaFactoryV1 } from './llama-factory-v1.ts'
import { llamaFactory } from './llama-factory.ts'
import { lightning } from './lightning.ts'
import { llmFoundry } from './llm-foundry.ts'
import { maxtext } from './maxtext.ts'
import { megatronBridge } from './megatron-bridge.ts'
import { megatron } from './megatron.ts'
import { nanotron } from './nanotron.ts'
import { nemoRl } from './nemo-rl.ts'
import { nemo } from './nemo.ts'
import { olmo } from './olmo.ts'
import { oumi } from './oumi.ts'
import { peft } from './peft.ts'
import { torchtitan } from './torchtitan.ts'
import { torchtune } from './torchtune.ts'
import { traincostFacts } from './traincost-facts.ts'
import { verl } from './verl.ts'

/** First match wins (docs/formats.md §2). */
export const frameworks: readonly Framework[] = [
  traincostFacts,
  accelerate,
  peft,
  nanotron,
  torchtitan,
  torchtune,
  axolotl,
  llamaFactory,
  llamaFactoryV1,
  gptNeox,
  deepspeed,
  llmFoundry,
  olmo,
  litgpt,
  maxtext,
  megatron,
  megatronBridge,
  nemo,
  levanter,
  lingua,
  fairseq,
  hfModel,
  trl,
  hfTrainer,
  oumi,
  nemoRl,
  verl,
  lightning,
  generic,
]
