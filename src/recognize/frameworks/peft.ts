import { absent } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import { listed, understood } from '../meanings.ts'

/** adapter_config.json of huggingface/peft@v0.21.0: an adapter without a run. */
export const peft: Framework = {
  name: 'peft',
  fragment: true,
  recognizes: keys => keys.has('peft_type') && keys.has('r'),
  facts: keys => ({
    baseModel: keys.text('base_model_name_or_path'),
    trainable: understood(keys.text('peft_type'), 'peft_type', type =>
      ['LORA', 'ADALORA'].includes(type.toUpperCase()) ? 'lora' : undefined,
    ),
    loraRank: keys.integer('r'),
    loraTargets: keys.has('target_modules') ? listed(keys.texts('target_modules')) : absent('lora.targets'),
    loraModulesToSave: listed(keys.texts('modules_to_save')),
  }),
}
