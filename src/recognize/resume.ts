import type { Keys } from './keys.ts'

/** Keys that continue an earlier run. Their names are each framework's own; a value that means "no" is no resumption. */
const KEYS = [
  'resume_from_checkpoint',
  'resume_from',
  'resume',
  'auto_resume_from_checkpoints',
  'trainer.resume_from_checkpoint',
  'training.resume_from_checkpoint',
  'model.resume_from_checkpoint',
  'checkpoints.resume_checkpoint_path',
  'checkpoint.load_step',
  'trainer.load_checkpoint_path',
] as const

/** What a resumed run has trained before is paid for: only the team knows how much that was. */
export function warnOfResumption(keys: Keys): void {
  for (const key of KEYS) {
    const value = keys.peek(key)
    if (value === undefined || value === null || value === false || value === 0 || value === -1) continue
    if (typeof value === 'string' && ['', 'false', 'no', 'off', 'none', 'null', '-1'].includes(value.toLowerCase()))
      continue
    keys.warn(
      'resumed-run',
      `${key} continues an earlier run: what it has trained is only subtracted where trained_tokens says how much`,
      key,
    )
  }
}
