/** Policy, catalog, profile and defaults → a Run with a fact for everything that is said about it. */
export type * from './types.ts'
export { ACCELERATORS, acceleratorNamed, alternativesTo, chipsOfSlice } from './accelerators.ts'
export {
  instanceNamed,
  priceOf,
  PRICES_2020,
  SHIPPED_PRICES,
  type Instance,
  type PriceSnapshot,
  type Pricing,
} from './prices.ts'
export { modelNamed, MODEL_IDS, type Model } from './models.ts'
export { emptyPolicy, policyReferences, readPolicy, type PolicyReferences } from './policy.ts'
export { policyJsonSchema } from './policy-schema.ts'
export {
  effectiveModes,
  inputOverrides,
  inputRules,
  INPUTS,
  readInputs,
  type Inputs,
  type InputsReading,
  type Modes,
} from './inputs.ts'
export { extendedPolicy } from './extends.ts'
export { matchConfig, matchesAny } from './globs.ts'
export {
  effectivePolicies,
  entryFor,
  isCovered,
  pinnedFramework,
  type Effective,
  type Halves,
  type Readings,
} from './halves.ts'
export { resolveRun, snapshotOf, type RunRequest } from './run.ts'
export { otherHardware } from './other-hardware.ts'
