/** `traincost calibrate`: what the logs measured, and the lines to paste into the profile. */
import type { Fact, Range } from '../facts/index.ts'
import { gfm, joined, plainText, type SafeMarkdown } from './escape.ts'
import { percent, plain, scaled } from './numbers.ts'
import { fig, markdownOf, named, type Sentence } from './span.ts'
import { lineText, type TextOptions } from './text.ts'

export interface MeasuredLog {
  readonly path: string
  readonly format: string
  /** The log has only the mean over its run, warm-up included. */
  readonly isAverage: boolean
  /** Tokens per second of the whole job. */
  readonly steady: {
    readonly rate: number
    readonly samples: number
    readonly warmUp: number
    readonly outliers: number
    readonly quartiles: readonly [low: number, high: number]
  }
}

export interface CalibrationReport {
  readonly config: string
  readonly profile: string
  readonly accelerators: number
  readonly logs: readonly MeasuredLog[]
  /** Of the whole job. */
  readonly tokensPerSecond: number
  readonly matrixEfficiency: number
  /** Model FLOPs ÷ (time · dense peak). */
  readonly utilization: number
  /** The estimate's own rate, without and with the measurement. */
  readonly before: Fact<Range>
  readonly after: Range
}

/** A rate as a profile takes it: whole, and of five digits at most. */
function profileRate(tokensPerSecond: number): number {
  return tokensPerSecond >= 1 ? Math.round(Number(tokensPerSecond.toPrecision(5))) : tokensPerSecond
}

export function renderCalibration(
  report: CalibrationReport,
  format: 'markdown' | 'text' | 'json',
  _options?: TextOptions,
): string {
  const lines = profileLines(report)
  switch (format) {
    case 'json':
      return `${JSON.stringify(
        {
          version: 1,
          config: report.config,
          profile: report.profile,
          logs: report.logs,
          tokensPerSecond: report.tokensPerSecond,
          tokensPerSecondPerAccelerator: report.tokensPerSecond / report.accelerators,
          matrixEfficiency: report.matrixEfficiency,
          utilization: report.utilization,
          before: report.before.known ? report.before.value : null,
          after: report.after,
          profileLines: lines,
        },
        null,
        2,
      )}\n`
    case 'markdown': {
      const items = sentences(report).map(sentence => gfm`- ${markdownOf(sentence, null)}`)
      // Inside a fence nothing is markup; the lines hold our own numbers and a path without line ends or backquotes.
      const fence = ['```yaml', ...lines.map(line => plainText(line).replaceAll('`', '')), '```'].join(
        '\n',
      ) as SafeMarkdown
      return `${joined(items, '\n')}\n\n${fence}\n`
    }
    case 'text':
      return `${[...sentences(report).map(lineText), '', ...lines.map(line => plainText(line))].join('\n')}\n`
  }
}

function profileLines(report: CalibrationReport): readonly string[] {
  return [
    `# measured on ${report.config.replaceAll(/[\r\n]/g, ' ')}, the whole job on ${report.accelerators} accelerators`,
    `tokens_per_second: ${profileRate(report.tokensPerSecond)}`,
    '# where other configs use the profile too: measured_on: { config: PATH, ref: TAG_OR_COMMIT }',
  ]
}

function sentences(report: CalibrationReport): readonly Sentence[] {
  const { tokensPerSecond, accelerators } = report
  const off = (rate: number) => {
    const error = (rate / tokensPerSecond - 1) * 100
    return `${error < 0 ? '−' : '+'}${percent(Math.abs(error))}`
  }
  const before: Sentence = report.before.known
    ? [
        'Estimate before: ',
        fig(scaled(report.before.value.expected)),
        ' tokens per second, ',
        fig(off(report.before.value.expected)),
      ]
    : ['Estimate before: unknown']
  return [
    ...report.logs.flatMap(logSentences),
    [
      'Rate: ',
      fig(scaled(tokensPerSecond)),
      ' tokens per second of the whole job, ',
      fig(scaled(tokensPerSecond / accelerators)),
      ' per accelerator',
    ],
    [
      'Efficiency: u ',
      fig(plain(report.matrixEfficiency, 3)),
      ' in matrix products, utilization ',
      fig(plain(report.utilization, 3)),
      ' of the dense peak',
    ],
    before,
    [
      'Estimate after: ',
      fig(scaled(report.after.expected)),
      ' tokens per second, ',
      fig(off(report.after.expected)),
      ': what whole runs lose to restarts',
    ],
    [/\s/.test(report.profile) ? 'Paste into a profile for ' : 'Paste into the profile ', named(report.profile), ':'],
  ]
}

function logSentences({ path, format, isAverage, steady }: MeasuredLog): readonly Sentence[] {
  const { samples, warmUp, outliers, quartiles, rate } = steady
  if (isAverage)
    return [
      [named(path), ` (${format}): the mean over the run, warm-up included: `, fig(scaled(rate)), ' tokens per second'],
    ]
  return [
    [
      named(path),
      ` (${format}): `,
      fig(`${samples}`),
      ' samples, the first ',
      fig(`${warmUp}`),
      ' left out as warm-up; median ',
      fig(scaled(rate)),
      ', middle half ',
      fig(`${scaled(quartiles[0])} – ${scaled(quartiles[1])}`),
      ...(outliers === 0
        ? []
        : ([
            '; ',
            fig(`${outliers}`),
            ' off by more than a quarter (checkpoints, evaluations), which the median leaves aside',
          ] satisfies Sentence)),
    ],
  ]
}
