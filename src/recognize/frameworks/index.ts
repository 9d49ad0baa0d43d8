import type { Framework } from '../framework.ts'
import { axolotl } from './axolotl.ts'
import { hfModel } from './hf-model.ts'
import { hfTrainer, trl } from './hf-trainer.ts'
import { traincostFacts } from './traincost-facts.ts'

/** First match wins (docs/formats.md §0.1). */
export const frameworks: readonly Framework[] = [traincostFacts, axolotl, hfModel, trl, hfTrainer]
