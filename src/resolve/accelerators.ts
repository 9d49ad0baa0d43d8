import { known, unknown, type Fact, type Missing, type Origin } from '../facts/index.ts'
import data from '../../data/accelerators.json' with { type: 'json' }
import { didYouMean } from './nearest.ts'
import type { Accelerator } from './types.ts'

type Peak = 'fp32' | 'tf32' | 'fp16' | 'bf16' | 'fp8' | 'fp4'

/** One row of data/accelerators.json: TFLOP/s dense, GiB, GB/s, watts. */
interface Row {
  readonly id: string
  readonly name: string
  readonly vendor: string
  readonly peak: Readonly<Partial<Record<Peak | 'int8', number>>>
  readonly mem_gib?: number | null
  readonly mem_gbps?: number | null
  readonly tdp_w?: number | null
  readonly cores_per_chip?: number
  readonly aliases: readonly string[]
  readonly src: Readonly<Record<string, string>>
}

// The file's shape is held by __tests__/resolve/accelerators.test.ts.
const rows = data.accelerators as unknown as readonly Row[]
const alternativesByName = new Map<string, readonly string[]>(Object.entries(data.ambiguous))

/** Lower case, letters and digits only: the comparison that data/accelerators.json prescribes. */
const folded = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')

const PEAKS: readonly Peak[] = ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'fp4']

function acceleratorOf(row: Row): Accelerator {
  const peakFlops: Partial<Record<Peak, number>> = {}
  for (const precision of PEAKS) {
    const teraflops = row.peak[precision]
    if (teraflops !== undefined) peakFlops[precision] = teraflops * 1e12
  }
  return {
    id: row.id,
    name: row.name,
    vendor: row.vendor,
    peakFlops,
    memoryBytes: typeof row.mem_gib === 'number' ? row.mem_gib * 2 ** 30 : null,
    memoryBytesPerSecond: typeof row.mem_gbps === 'number' ? row.mem_gbps * 1e9 : null,
    tdpWatts: typeof row.tdp_w === 'number' ? row.tdp_w : null,
    source: `data/accelerators.json ${row.id} (peak ${row.src['peak']}, memory ${row.src['mem']})`,
  }
}

/** Every accelerator that ships, by id. */
export const ACCELERATORS: ReadonlyMap<string, Accelerator> = new Map(rows.map(row => [row.id, acceleratorOf(row)]))

const idByName = new Map(rows.flatMap(row => [row.id, row.name, ...row.aliases].map(name => [folded(name), row.id])))

/** An instance type names its accelerator by id; a row without one is a fault of the data, held by a test. */
export function acceleratorById(id: string): Accelerator | undefined {
  return ACCELERATORS.get(id)
}

/**
 * The accelerator that people mean by a name: `H100-SXM`, `a100-80gb-sxm`, `NVIDIA H100 NVL`, `v5p-128`.
 *
 * A name that several parts share (`H100`, `A100`) resolves to the most usual one with origin `assumed`;
 * `alternativesTo` lists the others, for the warning that goes with it.
 */
export function acceleratorNamed(text: string, at?: Origin): Fact<Accelerator> {
  const id = idNamed(text)
  const accelerator = id === undefined ? undefined : ACCELERATORS.get(id)
  if (accelerator === undefined) return unknown(missingAccelerator(text, at))
  const others = alternativesTo(text)
  const registry: Origin = { kind: 'registry', source: accelerator.source }
  const origins = at === undefined ? [registry] : [at, registry]
  if (others.length === 0) return known(accelerator, ...origins)
  const source = `"${text.slice(0, 60)}" is taken for ${accelerator.id}; it may also be ${others.join(', ')}`
  return known(accelerator, { kind: 'assumed', source }, ...origins)
}

/** What an ambiguous name could also mean; empty for a name that says which part it is. */
export function alternativesTo(text: string): readonly string[] {
  const id = idNamed(text)
  return (alternativesByName.get(bare(text)) ?? alternativesByName.get(folded(text)) ?? []).filter(name => name !== id)
}

/**
 * Chips of a TPU slice by its name. `v2-`, `v3-`, `v4-` and `v5p-` names count cores, two to a chip;
 * `v5litepod-`, `v5e-` and `v6e-` names count chips.
 *
 * @returns undefined for a text that is no slice name, or that names half a chip
 */
export function chipsOfSlice(text: string): number | undefined {
  const slice = sliceNamed(text)
  if (slice === undefined) return undefined
  const chips = slice.size / slice.perChip
  return Number.isInteger(chips) && chips >= 1 ? chips : undefined
}

const SLICES: readonly (readonly [RegExp, id: string, perChip: number])[] = [
  [/^(?:tpu-?)?v2-(\d{1,6})$/, 'TPU-v2', 2],
  [/^(?:tpu-?)?v3-(\d{1,6})$/, 'TPU-v3', 2],
  [/^(?:tpu-?)?v4-(\d{1,6})$/, 'TPU-v4', 2],
  [/^(?:tpu-?)?v5p-(\d{1,6})$/, 'TPU-v5p', 2],
  [/^(?:tpu-?)?v5(?:e|litepod)-(\d{1,6})$/, 'TPU-v5e', 1],
  [/^(?:tpu-?)?v6e-(\d{1,6})$/, 'TPU-v6e', 1],
]

function sliceNamed(
  text: string,
): { readonly id: string; readonly size: number; readonly perChip: number } | undefined {
  for (const [pattern, id, perChip] of SLICES) {
    const size = pattern.exec(text.trim().toLowerCase())?.[1]
    if (size !== undefined) return { id, size: Number(size), perChip }
  }
  return undefined
}

/** The folded name without the maker's name in front. */
function bare(text: string): string {
  return folded(text)
    .replace(/^(nvidia|amd|intel|google|aws|huawei|apple)/, '')
    .replace(/^(tesla|instinct|cloud)/, '')
}

function idNamed(text: string): string | undefined {
  if (text.length > 200) return undefined
  return idByName.get(folded(text)) ?? idByName.get(bare(text)) ?? sliceNamed(text)?.id ?? idByParts(text)
}

/** `H100-80GB-SXM`: model, memory and form factor in any order, when exactly one part fits all that is said. */
function idByParts(text: string): string | undefined {
  const words = text.toLowerCase().split(/[^a-z0-9]+/)
  const said = words.filter(
    word => word !== '' && !['nvidia', 'tesla', 'amd', 'instinct', 'hbm2', 'hbm2e', 'hbm3'].includes(word),
  )
  const [model, ...parts] = said
  if (model === undefined || parts.length === 0) return undefined
  const fitting = rows.filter(row => {
    const [rowModel, ...rowParts] = row.id.toLowerCase().split('-')
    return (
      rowModel === model &&
      parts.every(part => rowParts.some(own => sameForm(own, part)) || `${row.mem_gib}gb` === part)
    )
  })
  return fitting.length === 1 ? fitting[0]?.id : undefined
}

/** SXM4 and SXM are one form factor for one chip. */
const sameForm = (a: string, b: string) => a === b || (a.startsWith('sxm') && /^sxm\d?$/.test(b))

function missingAccelerator(text: string, at: Origin | undefined): Missing {
  const others = alternativesByName.get(bare(text)) ?? []
  const hint = others.length > 0 ? `; it may be ${others.join(' or ')}` : didYouMean(text, ACCELERATORS.keys())
  return {
    fact: 'accelerator',
    why: `"${text.slice(0, 60)}" is not an accelerator that the catalog knows${hint}`,
    remedy: 'name one of the catalog: accelerator: H100-SXM',
    absent: false,
    ...(at === undefined ? {} : { at }),
  }
}
