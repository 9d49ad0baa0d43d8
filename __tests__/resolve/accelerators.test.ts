import data from '../../data/accelerators.json' with { type: 'json' }
import { ACCELERATORS, acceleratorNamed, alternativesTo, chipsOfSlice } from '../../src/resolve/index.ts'

const idOf = (name: string) => {
  const fact = acceleratorNamed(name)
  return fact.known ? fact.value.id : undefined
}

describe('accelerator names', () => {
  it.each([
    ['H100-SXM', 'H100-SXM'],
    ['h100_sxm5', 'H100-SXM'],
    ['NVIDIA H100 NVL', 'H100-NVL'],
    ['a100-80gb-sxm', 'A100-SXM4-80GB'],
    ['A100-80GB-PCIe', 'A100-PCIE-80GB'],
    ['H100-80GB-SXM', 'H100-SXM'],
    ['nvidia-tesla-v100', 'V100-SXM2-16GB'],
    ['MI300X', 'MI300X'],
    ['TPU v5p', 'TPU-v5p'],
    ['v4-128', 'TPU-v4'],
  ])('knows %s as %s', (name, id) => {
    expect(idOf(name)).toBe(id)
  })

  it('says that a bare H100 is an assumption, and what else it may be', () => {
    const fact = acceleratorNamed('H100')
    expect(fact.known && fact.origins[0]?.kind).toBe('assumed')
    expect(alternativesTo('H100')).toEqual(['H100-PCIE', 'H100-NVL'])
    expect(alternativesTo('nvidia h100')).toEqual(['H100-PCIE', 'H100-NVL'])
    expect(alternativesTo('H100-SXM')).toEqual([])
  })

  it.each(['gpu', '', 'H900', '__proto__', 'rtx6000', 'H100-SXM-40GB', 'x'.repeat(10_000)])(
    'never guesses: %.20s is unknown, with a reason',
    name => {
      const fact = acceleratorNamed(name)
      expect(fact.known).toBe(false)
      expect(!fact.known && fact.missing[0]?.absent).toBe(false)
    },
  )

  it('never takes an H20 for an H200, nor an A10G for an A10', () => {
    expect([idOf('H20'), idOf('A10G'), idOf('A10')]).toEqual(['H20', 'A10G', 'A10'])
  })
})

describe('TPU slices', () => {
  // v2, v3, v4 and v5p names count cores, two to a chip; v5e and v6e names count chips (Google Cloud TPU documentation).
  it.each([
    ['v2-8', 4],
    ['v3-2048', 1024],
    ['tpu-v4-128', 64],
    ['v5p-8', 4],
    ['v5litepod-8', 8],
    ['v6e-256', 256],
    ['v4-7', undefined],
    ['H100', undefined],
  ])('counts the chips of %s', (name, chips) => {
    expect(chipsOfSlice(name)).toBe(chips)
  })
})

describe('the table', () => {
  it('holds dense peaks in FLOP/s, bytes and bytes per second', () => {
    const h100 = ACCELERATORS.get('H100-SXM')!
    expect(h100.peakFlops.bf16).toBe(989e12)
    expect(h100.memoryBytes).toBe(80 * 1024 ** 3)
    expect(h100.memoryBytesPerSecond).toBe(3352e9)
    expect(h100.tdpWatts).toBe(700)
  })

  // The right column is the vendor's headline, sparse or per board; the table must not hold it.
  it.each([
    ['H100-SXM', 'bf16', 1979],
    ['L4', 'bf16', 242],
    ['A10G', 'bf16', 140],
    ['Trainium2', 'bf16', 2563],
    ['MI355X', 'fp8', 10_100],
    ['B200', 'fp4', 20_000],
    ['RTX-4090', 'fp16', 330],
  ] as const)('keeps the sparse headline of %s %s out', (id, precision, sparse) => {
    const peak = ACCELERATORS.get(id)!.peakFlops[precision]!
    expect(peak / 1e12).toBeLessThan(sparse * 0.6)
  })

  it('leaves what is not published unknown', () => {
    expect(ACCELERATORS.get('MI308X')!.peakFlops).toEqual({})
    expect(ACCELERATORS.get('TPU-v5e')!.tdpWatts).toBeNull()
  })

  it('gives every name to one accelerator alone', () => {
    const owners = new Map<string, Set<string>>()
    for (const row of data.accelerators)
      for (const name of [row.id, row.name, ...row.aliases]) {
        const folded = name.toLowerCase().replace(/[^a-z0-9]/g, '')
        owners.set(folded, (owners.get(folded) ?? new Set()).add(row.id))
      }
    expect([...owners].filter(([, ids]) => ids.size > 1)).toEqual([])
    expect(ACCELERATORS.size).toBe(data.accelerators.length)
  })

  it('has only positive numbers, and finds each row by its own id', () => {
    for (const [id, accelerator] of ACCELERATORS) {
      expect(idOf(id)).toBe(id)
      for (const peak of Object.values(accelerator.peakFlops)) expect(peak).toBeGreaterThan(1e12)
      expect(accelerator.memoryBytes).toBeGreaterThan(2 ** 32)
    }
  })
})
