#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { runCalibrate } from './calibrate.ts'
import type { CalibrateFlags } from './calibrate.ts'
import { runCheck, runDiff, runEstimate } from './commands.ts'
import type { CheckFlags, DiffFlags, Done, EstimateFlags, Surroundings } from './commands.ts'
import { runExplain } from './explain.ts'
import type { ExplainFlags } from './explain.ts'
import { runHistory } from './history.ts'
import type { HistoryFlags } from './history.ts'
import { version } from './version.ts'

/** Commands of later versions: refused by name, so that nobody takes silence for a result. */
const PLANNED = {
  init: 'a first policy file and workflow',
  prices: 'price snapshots: list, show, refresh, diff, check',
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** People at a terminal read text; a file, a pipe and a comment take Markdown. */
function formatToRead(args: readonly string[]): string {
  return process.stdout.isTTY && !args.some(arg => arg.startsWith('--output')) ? 'text' : 'markdown'
}

function withCommonFlags(command: Command, format = 'markdown'): Command {
  return command
    .option('--format <format>', 'markdown, json, text; diff and history: html too', format)
    .option('--output <file>', 'write the report to a file')
    .option('--color <when>', 'auto, always or never', 'auto')
    .option('--quiet', 'print nothing but the report and errors', false)
}

function withRunFlags(command: Command, format?: string): Command {
  return withCommonFlags(command, format)
    .option('--policy <file>', "policy file; for diff it stands for the base's")
    .option('--profile <profile>', 'a profile of the policy, or "64 x aws/p5.48xlarge@us-east-1"')
    .option('--set <fact=value>', 'state a fact; may be repeated', collect, [])
}

/** `--color` decides; `auto` asks the terminal and NO_COLOR (no-color.org). */
function wantsColor(args: readonly string[]): boolean {
  const given = args.includes('--color')
    ? args[args.indexOf('--color') + 1]
    : args.find(a => a.startsWith('--color='))?.slice(8)
  if (given === 'always') return true
  if (given === 'never') return false
  return process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === ''
}

const PROGRESS_AFTER_MS = 1000
const PROGRESS_EVERY_MS = 100

/** One line on the terminal that is written over and at last wiped out; nothing for what is done within a second. */
function progressLine(): (done: number, of: number) => void {
  const start = performance.now()
  let shown = 0
  return (done, of) => {
    const now = performance.now()
    if (now - start < PROGRESS_AFTER_MS) return
    if (done === of) process.stderr.write('\r\u001b[K')
    else if (now - shown > PROGRESS_EVERY_MS) {
      const filled = Math.floor((20 * done) / of)
      process.stderr.write(`\r${'█'.repeat(filled)}${'░'.repeat(20 - filled)} ${done} of ${of}`)
      shown = now
    }
  }
}

/**
 * @param args the command line without node and script
 * @returns what to print and the exit code: 0 pass or warn · 1 the budget is broken · 2 usage, policy or config error ·
 *   3 closed only by an unknown
 */
async function run(args: readonly string[], here: Surroundings): Promise<Done> {
  let done: Done | undefined
  const usage: string[] = []
  const write = (text: string): void => void usage.push(text)
  const configure = (command: Command): Command =>
    command.exitOverride().configureOutput({ writeOut: write, writeErr: write })
  const program = configure(new Command('traincost'))
    .description('What a change of training configs does to the bill. Reads files, runs nothing, asks no network.')
    .version(version)
  const dashes = args.indexOf('--')
  const [own, paths] = dashes === -1 ? [args, []] : [args.slice(0, dashes), args.slice(dashes + 1)]

  const toRead = formatToRead(args)
  configure(withRunFlags(program.command('diff')))
    .description(
      'compare two git revisions (default: merge base with the default branch, and the work tree), or two folders',
    )
    .argument('[base]')
    .argument('[head]')
    .option('--dirs', 'BASE and HEAD are folders', false)
    .action(
      async (base: string | undefined, head: string | undefined, flags: Omit<DiffFlags, 'base' | 'head' | 'paths'>) => {
        done = await runDiff({ ...flags, base, head, paths }, here)
      },
    )
  configure(withRunFlags(program.command('estimate'), toRead))
    .description('one estimate a config, every fact with its origin')
    .argument('<path...>')
    .action(async (given: string[], flags: Omit<EstimateFlags, 'paths'>) => {
      done = await runEstimate({ ...flags, paths: [...given, ...paths] }, here)
    })
  configure(withRunFlags(program.command('explain'), toRead))
    .description('the arithmetic of one config, term by term')
    .argument('<path>')
    .argument('[fact]', 'one fact, or one of flops, tokens, time, cost, parameters, memory, energy')
    .action(async (path: string, topic: string | undefined, flags: Omit<ExplainFlags, 'path' | 'topic'>) => {
      done = await runExplain({ ...flags, path, topic }, here)
    })
  configure(withRunFlags(program.command('history'), toRead))
    .description('what each committed version of a config would cost today, and the commit that moved it')
    .argument('[path...]')
    .action(async (given: string[], flags: Omit<HistoryFlags, 'paths'>) => {
      done = await runHistory({ ...flags, paths: [...given, ...paths] }, here)
    })
  configure(withRunFlags(program.command('calibrate')))
    .description('the efficiency of a finished run from its logs, as lines for the profile')
    .argument('<log...>')
    .option('--config <path>', 'the config that the run had')
    .action(async (logs: string[], flags: Omit<CalibrateFlags, 'logs'>) => {
      done = await runCalibrate({ ...flags, logs }, here)
    })
  configure(withCommonFlags(program.command('check')))
    .description('validate a policy file')
    .argument('[path]', 'policy file', '.github/traincost.yml')
    .action(async (path: string, flags: Omit<CheckFlags, 'path'>) => {
      done = await runCheck({ ...flags, path }, here)
    })
  for (const [name, what] of Object.entries(PLANNED))
    configure(program.command(name, { hidden: true }))
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        done = { code: 2, out: '', err: `traincost ${name} (${what}) is not in version ${version}.\n` }
      })

  try {
    await program.parseAsync([...own], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const text = usage.join('')
    return error.exitCode === 0 ? { code: 0, out: text, err: '' } : { code: 2, out: '', err: text }
  }
  return done ?? { code: 2, out: '', err: program.helpInformation() }
}

const args = process.argv.slice(2)
run(args, {
  cwd: process.cwd(),
  columns: process.stdout.columns || 100,
  color: wantsColor(args),
  today: new Date().toISOString().slice(0, 10),
  ...(process.stderr.isTTY && !args.includes('--quiet') ? { progress: progressLine() } : {}),
}).then(
  ({ code, out, err }) => {
    process.stderr.write(err)
    process.stdout.write(out)
    process.exitCode = code
  },
  (bug: unknown) => {
    process.stderr.write(
      `traincost: this is a bug, please report it: ${bug instanceof Error ? (bug.stack ?? bug.message) : String(bug)}\n`,
    )
    process.exitCode = 2
  },
)
