import { readFileSync } from 'node:fs'
import { Bench } from 'tinybench'
import { parse as parseYaml } from 'yaml'
import { calibrationOf, estimate } from '../src/estimate/index.ts'
import { parse } from '../src/parse/index.ts'
import { recognize, type Recognized } from '../src/recognize/index.ts'
import { matchConfig, readPolicy, resolveRun, type Policy, type Run } from '../src/resolve/index.ts'

/** A typical fine-tuning config: the example's, of Axolotl. */
const PATH = 'configs/sft/chat.yaml'

/** [what, measured, against, ratio] */
type Row = readonly [string, string, string, string]

function policyOf(folder: string): Policy {
  const path = '.github/traincost.yml'
  const reading = readPolicy(path, readFileSync(`${folder}/${path}`, 'utf8'))
  if (reading.is !== 'policy') throw new Error(`${folder}/${path} is not a policy`)
  return reading.policy
}

function recognized(text: string): Recognized {
  const recognition = recognize(PATH, new Map([[PATH, parse(PATH, text)]]))
  if (recognition.is !== 'recognized') throw new Error(`${PATH} is not recognized`)
  return recognition.config
}

function runOf(text: string, policy: Policy): Run {
  const entry = matchConfig(policy, PATH)
  const halves = { runHalf: policy, costHalf: policy, profile: undefined, set: new Map(), side: 'head' as const }
  return resolveRun({ config: recognized(text), entry, ...halves })
}

/** @param folder one side of the example */
export async function measure(folder: string): Promise<readonly Row[]> {
  const policy = policyOf(folder)
  const text = readFileSync(`${folder}/${PATH}`, 'utf8')
  const run = runOf(text, policy)
  const calibration = calibrationOf(run)
  // A run without a price ends early: it would be measured as fast.
  const { usd } = estimate(run, calibration)
  if (!usd.known) throw new Error(`the example has no price: ${usd.missing.map(lack => lack.why).join('; ')}`)

  const bench = new Bench({ time: 500, warmupTime: 200 })
  bench
    .add('the YAML library alone', () => void parseYaml(text))
    .add('parse', () => void parse(PATH, text))
    .add('parse and recognize', () => void recognized(text))
    .add('parse, recognize and resolve', () => void runOf(text, policy))
    // Each time another run: what is prepared for one is kept while it is asked for again.
    .add('calibrate', () => void calibrationOf({ ...run }))
    .add('one estimate, from its facts', () => void estimate({ ...run }, calibration))
    .add('text to price: parse, recognize, resolve, estimate', () => {
      const fresh = runOf(text, policy)
      estimate(fresh, calibrationOf(fresh))
    })
  await bench.run()
  const medians = bench.tasks.map(({ name, result }) => {
    if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`)
    return { name, milliseconds: result.latency.p50 }
  })
  const against = medians[0]?.milliseconds ?? Number.NaN
  const shown = (ms: number) => (ms < 1 ? `${(ms * 1000).toFixed(1)} µs` : `${ms.toFixed(2)} ms`)
  return medians.map(({ name, milliseconds }) => [
    name,
    shown(milliseconds),
    shown(against),
    `× ${(milliseconds / against).toFixed(2)}`,
  ])
}
