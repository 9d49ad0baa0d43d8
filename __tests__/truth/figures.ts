import type { Judged } from './judged.ts'

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)]
  const high = sorted[Math.ceil(at)]
  if (low === undefined || high === undefined) throw new Error('no values')
  return low + (at - Math.floor(at)) * (high - low)
}

export const share = <T>(rows: readonly T[], holds: (row: T) => boolean) => rows.filter(holds).length / rows.length
export const errorOf = ({ ratio }: Judged) => Math.abs(ratio - 1)
export const medianError = (rows: readonly Judged[]) => 100 * median(rows.map(errorOf))
export const within = (rows: readonly Judged[], error: number) => share(rows, row => errorOf(row) <= error)
export const inBand = ({ published, estimated: { low, high } }: Judged) => low <= published && published <= high

/** Width of the bands: the mean of high ÷ low. 1 is a number without a band. */
export function meanWidth(rows: readonly Judged[]): number {
  return rows.reduce((sum, { estimated: { low, high } }) => sum + high / low, 0) / rows.length
}

/**
 * How far the bands would have to be stretched to hold just this share: each end's distance from the middle is
 * multiplied by it in the logarithm. Below 1 they are wider than that needs.
 */
export function stretchHolding(rows: readonly Judged[], held: number): number {
  const needed = rows.map(({ published, estimated: { low, expected, high } }) =>
    published >= expected
      ? Math.log(published / expected) / Math.log(high / expected)
      : Math.log(expected / published) / Math.log(expected / low),
  )
  return [...needed].sort((a, b) => a - b)[Math.ceil(held * rows.length) - 1] ?? 0
}

/**
 * Each row again, its level fitted on all rows but those of its own split: estimates of a group are moved by one factor,
 * the median ratio of the others. Rows whose group has fewer than three others stay as they are.
 *
 * @param splitOf what is left out together
 * @param groupOf what has a level of its own
 */
export function refittedWithout(
  rows: readonly Judged[],
  splitOf: (row: Judged) => string,
  groupOf: (row: Judged) => string,
): readonly Judged[] {
  return rows.map(row => {
    const others = rows.filter(other => splitOf(other) !== splitOf(row) && groupOf(other) === groupOf(row))
    const level = others.length < 3 ? 1 : median(others.map(other => other.ratio))
    const { low, expected, high } = row.estimated
    const estimated = { low: low / level, expected: expected / level, high: high / level }
    return { ...row, estimated, ratio: row.ratio / level }
  })
}

/** Kinds whose median error, in percent, is worse by more than a point than what was reached; kinds that one side lacks. */
export function worsened(
  reached: Readonly<Record<string, number>>,
  measured: Readonly<Record<string, number>>,
): readonly string[] {
  const names = [...new Set([...Object.keys(reached), ...Object.keys(measured)])]
  return names.flatMap(name => {
    const [before, now] = [reached[name], measured[name]]
    if (before === undefined) return [`${name}: not in reached.json`]
    if (now === undefined) return [`${name}: no longer measured`]
    return now <= before + 1 ? [] : [`${name}: ${before.toFixed(1)} % reached, ${now.toFixed(1)} % measured`]
  })
}

const percent = (part: number) => `${(100 * part).toFixed(0)} %`
const digits = (n: number) => (n >= 1e6 || n < 0.01 ? n.toExponential(3) : n.toPrecision(4))
const hasBand = ({ estimated: { low, high } }: Judged) => high > low

/** A line that sums a kind up. Without a band, "in band" is not said. */
export function summaryOf(kind: string, rows: readonly Judged[]): string {
  const base = `${kind}: ${rows.length} rows, median error ${medianError(rows).toFixed(1)} %, median ratio ${median(rows.map(row => row.ratio)).toFixed(3)}, within 10 % ${percent(within(rows, 0.1))}, within 25 % ${percent(within(rows, 0.25))}`
  if (!rows.every(hasBand)) return base
  const stretch = stretchHolding(rows, 0.8)
  const narrower = rows.map(({ estimated: { low, high } }) => (high / low) ** stretch)
  const needed = narrower.reduce((sum, width) => sum + width, 0) / rows.length
  return `${base}, in band ${percent(share(rows, inBand))}, mean band width (high ÷ low) ${meanWidth(rows).toFixed(2)}; to hold just 80 %: ${needed.toFixed(2)}`
}

/** Published, estimated, ratio and band of each row, worst low to worst high, under the line that sums them up. */
export function tableOf(kind: string, unit: string, rows: readonly Judged[]): string {
  const cells = (row: Judged): readonly string[] => {
    const { published, estimated, ratio } = row
    const band = hasBand(row) ? `${digits(estimated.low)} – ${digits(estimated.high)}` : ''
    const held = hasBand(row) ? (inBand(row) ? 'yes' : 'no') : ''
    return [row.id, digits(published), digits(estimated.expected), ratio.toFixed(3), band, held]
  }
  const lines = [
    ['', 'published', 'estimated', 'ratio', 'band', 'in band'],
    ...[...rows].sort((a, b) => a.ratio - b.ratio).map(cells),
  ]
  const widths = [0, 1, 2, 3, 4, 5].map(i => Math.max(...lines.map(line => line[i]?.length ?? 0)))
  const table = lines.map(line => `  ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
  return [`${summaryOf(kind, rows)} [${unit}]`, ...table].join('\n')
}

export interface Report {
  /** Takes a kind up: its table is printed, its median error compared with what was reached. */
  readonly add: (name: string, kind: string, unit: string, rows: readonly Judged[]) => readonly Judged[]
  /** The rows of a kind again, as a split or a calibration has them: only the line that sums them up. */
  readonly addAgain: (name: string, kind: string, rows: readonly Judged[]) => readonly Judged[]
  readonly say: (line: string) => void
  /** Median errors in percent, by name. */
  readonly medians: () => Readonly<Record<string, number>>
  readonly text: () => string
}

export function newReport(): Report {
  const texts: string[] = []
  const medians: Record<string, number> = {}
  const keep = (name: string, text: string, rows: readonly Judged[]) => {
    texts.push(text)
    medians[name] = medianError(rows)
    return rows
  }
  return {
    add: (name, kind, unit, rows) => keep(name, tableOf(kind, unit, rows), rows),
    addAgain: (name, kind, rows) => keep(name, summaryOf(kind, rows), rows),
    say: line => void texts.push(line),
    medians: () => medians,
    text: () => texts.join('\n\n'),
  }
}
