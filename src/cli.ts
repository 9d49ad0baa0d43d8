#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander'
import { runCalibrate } from './calibrate.ts'
import type { CalibrateFlags } from './calibrate.ts'
import { runCheck, runEstimate } from './commands.ts'
import type { CheckFlags, Done, EstimateFlags, Surroundings } from './commands.ts'
import { runDiff } from './diff.ts'
import type { DiffFlags } from './diff.ts'
import { runExplain } from './explain.ts'
import type { ExplainFlags } from './explain.ts'
import { runHistory } from './history.ts'
import type { HistoryFlags } from './history.ts'
import { version } from './version.ts'

/** Commands of later versions: refused by name, so that nobody takes silence for a result, with the way that there is. */
const PLANNED = {
  init: { what: 'a first policy file and workflow', instead: 'README.md has both to paste' },
  prices: {
    what: 'price snapshots: list, show, refresh, diff, check',
    instead: 'data/README.md says where the shipped prices come from, and a profile takes a rate of your own',
  },
}

const EXIT_CODES = `
Exit codes: 0 pass, or warnings only; 1 the budget is broken; 2 a usage, policy or config error;
3 the gate is closed only by something unknown.
`

const EXAMPLES = {
  diff: `
Examples:
  traincost diff                           what you have not merged yet, committed or not
  traincost diff v1.2 HEAD                 two revisions
  traincost diff -- configs/pretrain       only what lies there
  traincost diff --dirs old/ new/          two folders, without git
${EXIT_CODES}`,
  estimate: `
Examples:
  traincost estimate configs/7b.yaml --profile "64 x aws/p5.48xlarge@us-east-1"
  traincost estimate configs/sft/*.yaml    several, and what they cost together
`,
  explain: `
Examples:
  traincost explain configs/7b.yaml        all of it
  traincost explain configs/7b.yaml cost   one part
`,
  history: `
Example:
  traincost history configs/7b.yaml --format html --output history.html
`,
  calibrate: `
Example:
  traincost calibrate trainer_state.json --config configs/7b.yaml --profile "8 x H100-SXM"
`,
  check: '',
} as const

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** People at a terminal read text; a file, a pipe and a comment take Markdown. */
function formatToRead(args: readonly string[]): string {
  return process.stdout.isTTY && !args.some(arg => arg.startsWith('--output')) ? 'text' : 'markdown'
}

type Name = keyof typeof EXAMPLES

/** Where no file or pipe takes the output, text is what people read. */
const TO_READ = 'text at a terminal, else markdown'

function withCommonFlags(command: Command, toRead: string, html = false): Command {
  const formats = html ? 'markdown, json, text or html' : 'markdown, json or text'
  return command
    .addOption(new Option('--format <format>', formats).default(toRead, TO_READ))
    .option('--output <file>', 'write the report to a file')
    .addOption(
      new Option('--color <when>', 'auto, always or never')
        .choices(['auto', 'always', 'never'])
        .default('auto', 'auto'),
    )
    .option('--quiet', 'print nothing but the report and errors', false)
    .addHelpText('after', EXAMPLES[command.name() as Name])
}

/** @param profile what the flag does where the policy names a profile already */
function withRunFlags(command: Command, toRead: string, profile: string, html = false): Command {
  return withCommonFlags(command, toRead, html)
    .option('--policy <file>', 'policy file, instead of the .github/traincost.yml that is there')
    .option(
      '--profile <profile>',
      `a profile of the policy, "64 x H100-SXM" or "64 x aws/p5.48xlarge@us-east-1"; ${profile}`,
    )
    .option('--set <fact=value>', 'state a fact, such as steps=80k; may be repeated', collect, [])
}

const WINS = "goes before the policy's choice"
const FILLS = 'for configs that the policy gives none, as in the action'

/** A default is said where it says something: not for what is off or empty. */
const described = ({ description, defaultValueDescription }: Option): string =>
  defaultValueDescription === undefined ? description : `${description} (default: ${defaultValueDescription})`

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
    .configureHelp({ optionDescription: described })
    .addHelpText('after', `\nEach command has its own help: traincost diff --help\n${EXIT_CODES}`)
  const dashes = args.indexOf('--')
  const [own, paths] = dashes === -1 ? [args, []] : [args.slice(0, dashes), args.slice(dashes + 1)]

  const toRead = formatToRead(args)
  configure(withRunFlags(program.command('diff'), toRead, FILLS, true))
    .usage('[options] [base] [head] [-- path...]')
    .description('what a change does to the bill: the report that the action comments, and its verdict as exit code')
    .argument('[base]', 'revision to compare from (default: where HEAD left the default branch)')
    .argument('[head]', 'revision to judge (default: the work tree, with what is not committed)')
    .option('--dirs', 'BASE and HEAD are folders', false)
    .action(
      async (base: string | undefined, head: string | undefined, flags: Omit<DiffFlags, 'base' | 'head' | 'paths'>) => {
        done = await runDiff({ ...flags, base, head, paths }, here)
      },
    )
  configure(withRunFlags(program.command('estimate'), toRead, WINS))
    .description('one estimate a config, every fact with its origin')
    .argument('<path...>', 'config files')
    .action(async (given: string[], flags: Omit<EstimateFlags, 'paths'>) => {
      done = await runEstimate({ ...flags, paths: [...given, ...paths] }, here)
    })
  configure(withRunFlags(program.command('explain'), toRead, WINS))
    .description('the arithmetic of one config, term by term')
    .argument('<path>', 'config file')
    .argument('[fact]', 'one fact, or one of flops, tokens, time, cost, parameters, memory, energy')
    .action(async (path: string, topic: string | undefined, flags: Omit<ExplainFlags, 'path' | 'topic'>) => {
      done = await runExplain({ ...flags, path, topic }, here)
    })
  configure(withRunFlags(program.command('history'), toRead, WINS, true))
    .description('what each committed version of a config would cost today, and the commit that moved it')
    .argument('[path...]', 'config files')
    .action(async (given: string[], flags: Omit<HistoryFlags, 'paths'>) => {
      done = await runHistory({ ...flags, paths: [...given, ...paths] }, here)
    })
  configure(withRunFlags(program.command('calibrate'), toRead, WINS))
    .description('the efficiency of a finished run from its logs, as lines for the profile')
    .argument(
      '<log...>',
      'logs of one run: trainer_state.json, or what Megatron, torchtitan, nanoGPT or llm-foundry printed',
    )
    .option('--config <path>', 'the config that the run had; required')
    .action(async (logs: string[], flags: Omit<CalibrateFlags, 'logs'>) => {
      done = await runCalibrate({ ...flags, logs }, here)
    })
  configure(withCommonFlags(program.command('check'), toRead))
    .description('validate a policy file')
    .argument('[path]', 'policy file', '.github/traincost.yml')
    .action(async (path: string, flags: Omit<CheckFlags, 'path'>) => {
      done = await runCheck({ ...flags, path }, here)
    })
  for (const [name, { what, instead }] of Object.entries(PLANNED))
    configure(program.command(name, { hidden: true }))
      .description(`${what}; not in version ${version}: ${instead}`)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        done = { code: 2, out: '', err: `traincost ${name} (${what}) is not in version ${version}: ${instead}.\n` }
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
