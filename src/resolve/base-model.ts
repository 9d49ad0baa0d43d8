import {
  CORE_SHAPE,
  FACTS,
  known,
  unknown,
  type Fact,
  type FactName,
  type Origin,
  type RunFacts,
} from '../facts/index.ts'
import { modelHint, modelNamed } from './models.ts'
import type { Policy } from './types.ts'

/**
 * The shape that a base model's name stands for: the policy's `models:` before the registry.
 *
 * @param given true for facts that a stronger source states; a config that overrides a width brings its own head width
 */
export function baseModelFacts(
  id: string,
  saidAt: readonly Origin[],
  policy: Policy,
  given: (name: FactName) => boolean,
): RunFacts {
  const facts = namedFacts(id, policy)
  if (facts === undefined) return given('hiddenSize') && given('numLayers') ? {} : unknownModel(id, saidAt, given)
  return withoutStaleWidths(facts, given)
}

/**
 * A folder of the repository with the name of a public model and another shape: which of the two is trained depends on where
 * the program is started, so whatever they disagree on is unknown.
 *
 * @param said what the config and the files that it includes say
 */
export function shadowedFacts(id: string, said: (name: FactName) => Fact<unknown> | undefined): RunFacts {
  const named: RunFacts = modelNamed(id)?.facts ?? {}
  const facts: Partial<Record<FactName, Fact<unknown>>> = {}
  for (const name of CORE_SHAPE) {
    const [own, other]: readonly (Fact<unknown> | undefined)[] = [said(name), named[name]]
    if (own?.known !== true || other?.known !== true || own.value === other.value) continue
    const at = own.origins.find(origin => origin.path?.endsWith(`${id}/config.json`) === true)
    if (at === undefined) continue
    const values = `${String(own.value)} in ${at.path ?? ''} and ${String(other.value)} in the public model of that name`
    facts[name] = unknown({
      fact: FACTS[name].name,
      why: `${FACTS[name].name} is ${values}`,
      remedy: 'give the folder a name that no public model has',
      absent: false,
      at,
    })
  }
  // The same names, each with a fact of no value.
  return facts as RunFacts
}

function namedFacts(id: string, policy: Policy): RunFacts | undefined {
  const own = policy.models.get(id)
  if (own === undefined) return modelNamed(id)?.facts
  const like = own.like === undefined ? undefined : (modelNamed(own.like)?.facts ?? explicitFacts(own.like, policy))
  return { ...alsoFrom(like ?? {}, { kind: 'policy', ...own.at }), ...explicitFacts(id, policy) }
}

/** Where the policy says which model it is: the line to look at when that changes. */
function alsoFrom(facts: RunFacts, origin: Origin): RunFacts {
  const placed = Object.entries(facts).map(([name, fact]) => [
    name,
    fact.known ? { ...fact, origins: [...fact.origins, origin] } : fact,
  ])
  // The same names, each with a fact of its type.
  return Object.fromEntries(placed) as RunFacts
}

function explicitFacts(id: string, policy: Policy): RunFacts {
  const facts: Partial<Record<FactName, Fact<unknown>>> = {}
  for (const [name, { value, at }] of policy.models.get(id)?.facts ?? []) {
    const read: unknown = FACTS[name].read(value)
    // The policy's schema has refused what cannot be read.
    if (read !== undefined) facts[name] = known(read, { kind: 'policy', ...at })
  }
  return facts as RunFacts
}

function unknownModel(id: string, saidAt: readonly Origin[], given: (name: FactName) => boolean): RunFacts {
  const shown = id.slice(0, 120)
  const at = saidAt[0]
  // Said once: looking for near names goes through the whole registry.
  const lost = unknown({
    fact: 'base_model',
    why: `neither the registry nor the policy knows the model ${shown}${modelHint(id)}`,
    remedy: `add to the policy: models: { ${shown}: { like: meta-llama/Llama-2-7b-hf } }, or its dimensions`,
    absent: false,
    ...(at === undefined ? {} : { at }),
  })
  const facts: Partial<Record<FactName, Fact<unknown>>> = {}
  // Without these nothing can be counted: each says that the base model is not known, and what to add.
  for (const name of CORE_SHAPE) if (!given(name)) facts[name] = lost
  return facts as RunFacts
}

/**
 * A config that changes the width or the heads of a named model leaves the widths that followed from them behind:
 * frameworks compute head_dim anew where it was d/n, and kv heads where they were as many as the heads.
 */
function withoutStaleWidths(facts: RunFacts, given: (name: FactName) => boolean): RunFacts {
  const { hiddenSize, numHeads, numKvHeads, headDim, ...rest } = facts
  const plainWidth =
    hiddenSize?.known === true &&
    numHeads?.known === true &&
    headDim?.known === true &&
    headDim.value * numHeads.value === hiddenSize.value
  const staleWidth = plainWidth && (given('hiddenSize') || given('numHeads'))
  const plainHeads = numHeads?.known === true && numKvHeads?.known === true && numHeads.value === numKvHeads.value
  const staleHeads = plainHeads && given('numHeads')
  return {
    ...rest,
    ...(hiddenSize === undefined ? {} : { hiddenSize }),
    ...(numHeads === undefined ? {} : { numHeads }),
    ...(numKvHeads === undefined || staleHeads ? {} : { numKvHeads }),
    ...(headDim === undefined || staleWidth ? {} : { headDim }),
  }
}
