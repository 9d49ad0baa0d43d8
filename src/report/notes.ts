/** Warnings that save money or trust: memory, old or recalled prices, a rule of thumb that is far off, problems. */
import type { Comparison } from '../compare/index.ts'
import type { Estimate, Memory } from '../estimate/index.ts'
import { FACTS, type Problem } from '../facts/index.ts'
import { GIB, count, daysBetween, plain } from './numbers.ts'
import { acceleratorName, type Quantity } from './quantity.ts'
import { OLD_PRICE_DAYS, pricesOf } from './prices.ts'
import { toSupply } from './remedy.ts'
import { moving } from './situation.ts'
import { bold, fig, named, placeOf, plural, type Sentence, type Span } from './span.ts'
import { sixNdOf } from './thumb.ts'
import type { Report } from './types.ts'

/** How far the rule of thumb 6 · N · D may be off before it is worth a line. */
const SIX_ND_TOLERANCE = 0.25
export interface Alert {
  readonly level: 'caution' | 'warning'
  readonly title: string
  readonly sentence: Sentence
  /** Where the setting stands that matters most, else the config's first line. */
  readonly path: string
  readonly line: number
}

/** Runs that would not start, or only just. */
export function alertsOf(report: Report): readonly Alert[] {
  return moving(report).flatMap(c => {
    const memory = c.head?.memory
    if (c.head === null || memory?.known !== true || memory.value.verdict === 'fits') return []
    const before = c.base?.memory
    // A tight run that was as tight before is no news; one that does not start always is.
    const same = before?.known === true && before.value.verdict === memory.value.verdict
    if (same && memory.value.verdict === 'tight') return []
    const out = memory.value.verdict === 'out-of-memory'
    return [
      {
        level: out ? ('caution' as const) : ('warning' as const),
        title: out ? 'Out of memory.' : 'Memory: tight.',
        sentence: memorySentence(c, c.head, memory.value, same),
        ...seqLenPlace(c),
      },
    ]
  })
}

function memorySentence(c: Comparison, head: Estimate, memory: Memory, same: boolean): Sentence {
  const gib = (bytes: number) => plain(bytes / GIB, bytes / GIB >= 100 ? 3 : 2)
  const kind = acceleratorName(head)
  const largest = memory.parts[0]
  const seqLen = head.facts.seqLen
  const lengthChanged = c.attribution.some(a => a.fact.split(', ').includes('seq_len')) && seqLen?.known === true
  return [
    named(c.path, { path: c.path, side: 'head' }),
    lengthChanged ? [' with sequences of ', fig(count(seqLen.value)), ' tokens'] : [],
    ' needs about ',
    bold(`${gib(memory.bytesPerAccelerator.expected)} of ${gib(memory.capacityBytes)} GiB`),
    ' on each ',
    kind === undefined ? 'accelerator' : fig(kind),
    largest === undefined ? [] : ['; ', fig(`${gib(largest.bytes)} GiB`), ' of it are ', partName(largest.name)],
    '.',
    advice(head, largest?.name),
    same ? ' So it was before this change.' : '',
  ].flat()
}

/** The line of the sequence length or the micro-batch where the change moved them: what memory mostly follows. */
function seqLenPlace(c: Comparison): { path: string; line: number } {
  const at = c.attribution.find(a => a.to !== undefined && /\b(?:seq_len|micro_batch)\b/.test(a.fact))?.at
  return at?.path !== undefined && at.line !== undefined ? { path: at.path, line: at.line } : { path: c.path, line: 1 }
}

const partName = (name: string): Span => (/^[a-z]+(?: [a-z]+)*$/.test(name) ? name : named(name))

/** What helps against the largest part, where one thing plainly does. */
function advice(head: Estimate, part: string | undefined): Sentence {
  const { fusedCrossEntropy, recompute } = head.facts
  const says = (fact: typeof fusedCrossEntropy | typeof recompute, value: unknown) =>
    fact?.known === true && fact.value === value
  if (part === 'logits' && !says(fusedCrossEntropy, true)) return [' A fused or chunked cross-entropy would free them.']
  if (part === 'activations' && !says(recompute, 'full'))
    return [' Recomputing activations, a smaller micro-batch or context parallelism would shrink them.']
  return []
}

/** One line each, errors first. */
export function notesOf(report: Report): readonly Sentence[] {
  return [...problemNotes(report), ...priceNotes(report), ...thumbNotes(report)]
}

/** What is not about one config: errors of the policy, globs that match nothing, files not covered, faults. */
export function runProblemsOf(report: Report): readonly Problem[] {
  return once([...report.problems, ...report.verdict.problems])
}

/** All problems of the run, once each, whoever found them. */
export function problemsOf(report: Report): readonly Problem[] {
  return once([
    ...report.problems,
    ...report.verdict.problems,
    ...report.comparisons.flatMap(c => [
      ...c.problems,
      ...(c.head?.run.problems ?? []),
      ...(c.base?.run.problems ?? []),
    ]),
  ])
}

/** Each problem once, errors first. */
function once(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>()
  const each = problems.filter(problem => {
    const key = JSON.stringify([problem.code, problem.message, problem.at])
    return seen.has(key) ? false : seen.add(key)
  })
  return [...each.filter(p => p.severity === 'error'), ...each.filter(p => p.severity === 'warning')]
}

const MOST_ADVICE = 3

/** What the change brings that could be had for less: the dearest of all changed configs, each with what is at stake. */
export function adviceOf(report: Report, quantity: Quantity): readonly Sentence[] {
  const all = moving(report).flatMap(c =>
    // What does not fit is an alert of its own.
    (c.advice ?? []).filter(advice => advice.code !== 'does-not-fit').map(advice => ({ path: c.path, advice })),
  )
  return all
    .toSorted((a, b) => (b.advice.usd ?? 0) - (a.advice.usd ?? 0))
    .slice(0, MOST_ADVICE)
    .map(({ path, advice: { message, fact, at, usd } }) => [
      named(FACTS[fact].name, placeOf(at, 'head')),
      ...(moving(report).length > 1 ? [' of ', named(path)] : []),
      `: ${message}`,
      ...(usd === null || quantity.unit !== 'usd' ? [] : [' At stake: ', bold(quantity.print(usd, 3)), '.']),
    ])
}

function problemNotes(report: Report): readonly Sentence[] {
  return problemsOf(report).map(problem => [
    fig(problem.severity === 'error' ? '❌' : '⚠️'),
    ' ',
    ...placed(problem.at),
    problem.message,
  ])
}

function placed(at: Problem['at']): Sentence {
  if (at === undefined) return []
  if (!('line' in at)) return [named(at.path, { path: at.path, side: 'head' }), ': ']
  return [named(`${at.path}:${at.line}:${at.column}`, { path: at.path, line: at.line, side: 'head' }), ': ']
}

function priceNotes(report: Report): readonly Sentence[] {
  const notes: Sentence[] = []
  for (const [text, price] of pricesOf(report)) {
    const age = daysBetween(price.date, report.today)
    if (age !== undefined && age > OLD_PRICE_DAYS)
      notes.push([
        fig('⚠️'),
        ' The price of ',
        named(text),
        ` is ${age} days old (`,
        fig(price.date),
        '). Check it, or put your own rate into the profile.',
      ])
    if (price.status === 'recalled')
      notes.push([
        fig('⚠️'),
        ' The price of ',
        named(text),
        ' has no source that was checked. Give your own rate in the profile.',
      ])
  }
  return notes
}

function thumbNotes(report: Report): readonly Sentence[] {
  const off = moving(report).flatMap(c => {
    const ratio = c.head === null ? undefined : sixNdOf(c.head)
    return ratio !== undefined && Math.abs(ratio - 1) > SIX_ND_TOLERANCE ? [{ path: c.path, ratio }] : []
  })
  const [first] = off
  if (first === undefined) return []
  const distance = `${plain(Math.abs(first.ratio - 1) * 100, 2)} % ${first.ratio < 1 ? 'lower' : 'higher'}`
  return [
    [
      fig('ℹ️'),
      ' The rule of thumb 6 × parameters × tokens would be ',
      fig(distance),
      ' for ',
      named(first.path),
      off.length > 1 ? ` and is as far off for ${plural(off.length - 1, 'more config')}` : '',
      first.ratio < 1
        ? ': it leaves out attention, which weighs much here and is counted.'
        : ': it counts weights that multiply nothing here, such as an embedding table.',
    ],
  ]
}

/** A fact that lacks, in whichever configs one and the same step supplies it. */
interface Lack {
  readonly fact: string
  readonly why: string
  readonly remedy: string
  readonly at: ReturnType<typeof placeOf>
  readonly paths: string[]
}

function lacksOf(report: Report): readonly Lack[] {
  const found = new Map<string, Lack>()
  for (const c of moving(report))
    for (const side of [c.head, c.base])
      for (const { fact, why, remedy, at } of side?.unknown ?? []) {
        const key = JSON.stringify([fact, remedy])
        const lack = found.get(key)
        if (lack === undefined)
          found.set(key, { fact, why, remedy, at: placeOf(at, side === c.head ? 'head' : 'base'), paths: [c.path] })
        else if (!lack.paths.includes(c.path)) lack.paths.push(c.path)
      }
  return [...found.values()]
}

/** The facts that lack, with the line to add: what turns unknown into a number. One line where one step supplies several. */
export function remedies(report: Report, most: number): readonly Sentence[] {
  const steps = new Map<string, [Lack, ...Lack[]]>()
  for (const lack of lacksOf(report)) {
    const key = JSON.stringify([lack.why, lack.remedy, lack.paths])
    const step = steps.get(key)
    if (step === undefined) steps.set(key, [lack])
    else step.push(lack)
  }
  const all = [...steps.values()].map((lacks): Sentence => {
    const [{ why, remedy, paths }] = lacks
    return [
      ...lacks.flatMap(({ fact, at }, i) => [i === 0 ? '' : i === lacks.length - 1 ? ' and ' : ', ', named(fact, at)]),
      ' of ',
      named(paths[0] ?? ''),
      paths.length > 1 ? ` and ${plural(paths.length - 1, 'more config')}` : '',
      ...toSupply({ why, remedy }),
    ]
  })
  return all.length <= most
    ? all
    : [...all.slice(0, most - 1), [`and ${plural(all.length - most + 1, 'more missing fact')}`]]
}
