import { known, unknown, type Fact, type Range } from '../facts/index.ts'
import type { Run } from '../resolve/index.ts'
import { combineChecked, need, valueOf } from './architecture.ts'
import { efficiencyOf, weightedFlops } from './calibration.ts'
import { ownEfficiency, peakOf } from './efficiency.ts'
import type { FlopsPerToken } from './flops.ts'
import type { Prepared } from './prepared.ts'
import { acceleratorSecondsOf, generationSeconds, reworkOf, startUpSeconds, sum, times } from './time-and-cost.ts'
import type { Calibration, Term } from './types.ts'

/** The work that runs at training speed: without the forward pass that generates, which waits for memory instead. */
function trainingFlops(flops: FlopsPerToken, terms: readonly Term[], generated: number): FlopsPerToken {
  if (generated === 0) return flops
  let { linear, core } = flops
  for (const { kind, forwardFlopsPerToken } of terms)
    if (kind === 'linear') linear -= generated * forwardFlopsPerToken
    else core -= generated * forwardFlopsPerToken
  return { ...flops, linear, core }
}

/** Accelerator-seconds of one run spent on generating; zero where nothing is generated. */
function generationOf(run: Run, { facts, training, parameters, tokens }: Prepared): Fact<Range> {
  if (!training.known || training.value.passes.generated === 0) return known({ low: 0, expected: 0, high: 0 })
  return combineChecked(
    {
      parameters,
      tokens,
      accelerator: run.hardware.accelerator,
      accelerators: need(facts, 'accelerators'),
      globalBatch: need(facts, 'globalBatch'),
      seqLen: need(facts, 'seqLen'),
      completionTokens: need(facts, 'completionTokens', 'nothing says how many tokens a completion has'),
    },
    v => {
      if (v.accelerator.memoryBytesPerSecond === null)
        return unknown({
          fact: 'accelerator',
          why: `the memory bandwidth of ${v.accelerator.name}, which generation waits for, is not published`,
          remedy: 'choose an accelerator with a known memory bandwidth',
          absent: false,
        })
      const group = (valueOf(facts, 'tp') ?? 1) * (valueOf(facts, 'pp') ?? 1)
      const steps = v.tokens / (v.globalBatch * v.seqLen)
      const seconds = generationSeconds(
        steps,
        v.completionTokens,
        2 * v.parameters.total,
        group * v.accelerator.memoryBytesPerSecond,
      )
      return known(times(seconds, v.accelerators))
    },
  )
}

/** How the time of one run comes about. FLOPs are per real token, without those of generating. */
export interface Timing {
  readonly u: Range
  readonly peak: number
  /** η: the attention core runs at u·η. */
  readonly attention: number
  readonly goodput: Range
  /** Matrix products and attention core, with what is recomputed. */
  readonly linear: number
  readonly core: number
  readonly padding: number
  readonly rework: Range
  /** Accelerator-seconds of one run spent on generating. */
  readonly generation: Range
  /** Accelerator-seconds of one run before its first step, in the high end alone. */
  readonly startUp: number
  /** Accelerator-seconds of one run. */
  readonly acceleratorSeconds: Range
}

export function timingOf(run: Run, ready: Prepared, calibration: Calibration): Fact<Timing> {
  if (calibration.refused !== undefined) return unknown(calibration.refused)
  const { price, accelerator } = run.hardware
  const pricing = price.known ? price.value.pricing : undefined
  return combineChecked(
    {
      accelerator,
      work: ready.work,
      training: ready.training,
      tokens: ready.tokens,
      workload: ready.workload,
      generation: generationOf(run, ready),
    },
    v => {
      const peak = peakOf(v.accelerator, v.workload.precision)
      if (typeof peak !== 'number') return unknown(peak)
      const own = ownEfficiency(v.accelerator, v.workload)
      const { u, goodput } = efficiencyOf(v.workload, own, calibration)
      const flops = trainingFlops(v.work.flops, v.work.terms, v.training.passes.generated)
      const weighted = weightedFlops(flops, own.attention) * v.tokens * ready.padding
      const rework = reworkOf(pricing)
      const learning = acceleratorSecondsOf(weighted, peak, u, goodput, rework)
      const start = v.workload.accelerators
      const startUp =
        start === undefined
          ? 0
          : start *
            startUpSeconds(
              start,
              price.known ? price.value.acceleratorsPerInstance : 8,
              v.accelerator.id.startsWith('TPU'),
            )
      const total = sum(learning, v.generation)
      return known({
        u,
        peak,
        attention: own.attention,
        goodput,
        linear: flops.linear + flops.recomputedLinear,
        core: flops.core + flops.recomputedCore,
        padding: ready.padding,
        rework,
        generation: v.generation,
        startUp,
        acceleratorSeconds: { ...total, high: total.high + startUp },
      })
    },
  )
}
