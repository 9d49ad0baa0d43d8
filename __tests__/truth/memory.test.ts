import { readFileSync } from 'node:fs'
import { FACTS, factNamed, known, type Fact } from '../../src/facts/index.ts'
import { estimate, type Memory } from '../../src/estimate/index.ts'
import { modelNamed, type Run } from '../../src/resolve/index.ts'
import { A100, run } from '../estimate/runs.ts'

/** Runs that others have published to fit, or not to fit, with the peak where they measured it. Sources: memory.json. */
interface Row {
  readonly id: string
  readonly model: string | null
  /** By their published names. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly capacity_gib: number
  readonly ran: boolean
  readonly peak_gib?: number
}

const GIB = 2 ** 30
const { rows } = JSON.parse(readFileSync(new URL('./memory.json', import.meta.url), 'utf8')) as {
  readonly rows: readonly Row[]
}

function runOf(row: Row): Run {
  const model = row.model === null ? { facts: {} } : modelNamed(row.model)
  if (model === undefined) throw new Error(`${row.id}: no model ${String(row.model)}`)
  const facts: Record<string, Fact<unknown>> = { ...model.facts }
  for (const [published, plain] of Object.entries(row.facts)) {
    const name = factNamed(published)
    const value: unknown = name === undefined ? undefined : FACTS[name].read(plain)
    if (name === undefined || value === undefined) throw new Error(`${row.id}: ${published} cannot be read`)
    facts[name] = known(value, { kind: 'config', path: 'memory.json', line: 1 })
  }
  const accelerator = { ...A100, memoryBytes: row.capacity_gib * GIB, peakFlops: { ...A100.peakFlops, fp8: 624e12 } }
  return { ...run({}, { accelerator }), facts: facts }
}

function memoryOf(row: Row): Memory {
  const { memory } = estimate(runOf(row))
  if (!memory.known) throw new Error(`${row.id}: ${memory.missing.map(m => m.why).join('; ')}`)
  return memory.value
}

const judged = rows.map(row => ({ row, memory: memoryOf(row) }))
const gib = (bytes: number) => bytes / GIB

describe('memory, against published runs', () => {
  const sure = judged.filter(({ memory }) => memory.verdict !== 'tight')
  const isRight = ({ row, memory }: (typeof judged)[number]) => (memory.verdict === 'fits') === row.ran
  const peaks = judged.flatMap(({ row, memory }) =>
    row.peak_gib === undefined ? [] : [gib(memory.bytesPerAccelerator.expected) / row.peak_gib],
  )

  it('has at least twenty runs, among them such as ran out of memory', () => {
    expect(rows.length).toBeGreaterThanOrEqual(20)
    expect(rows.filter(row => !row.ran).length).toBeGreaterThanOrEqual(5)
  })

  it('judges nine of ten right where it is sure, and is sure of three in four', () => {
    expect(sure.filter(isRight).length / sure.length).toBeGreaterThanOrEqual(0.9)
    expect(sure.length / judged.length).toBeGreaterThanOrEqual(0.75)
  })

  it('comes within a quarter of the measured peak, in the median', () => {
    const errors = peaks.map(ratio => Math.abs(ratio - 1)).sort((a, b) => a - b)
    expect(peaks.length).toBeGreaterThanOrEqual(20)
    expect(errors[errors.length >> 1]).toBeLessThanOrEqual(0.25)
  })

  afterAll(() => {
    const lines = judged.map(({ row, memory }) => {
      const peak = row.peak_gib === undefined ? '' : row.peak_gib.toFixed(1)
      const parts = memory.parts.map(part => `${part.name} ${gib(part.bytes).toFixed(1)}`).join(', ')
      return `  ${row.id.padEnd(24)} of ${row.capacity_gib} GiB: ${row.ran ? 'ran' : 'out'} ${peak.padStart(5)}, estimated ${gib(memory.bytesPerAccelerator.expected).toFixed(1).padStart(6)} ${memory.verdict} (${parts})`
    })
    console.log(
      [
        `memory: ${judged.length} runs, ${judged.length - sure.length} tight, ${sure.filter(isRight).length} of ${sure.length} others right`,
        ...lines,
      ].join('\n'),
    )
  })
})
