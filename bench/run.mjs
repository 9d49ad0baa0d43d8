/**
 * Prints what a user waits for, and what a runner downloads: `npm run bench`. Each number stands beside the one that it
 * is a ratio of, measured in the same minute on the same machine: a ratio can be compared between machines.
 *
 * A section is one line in `sections` and a function that returns rows. A section that cannot be measured fails the run.
 */
import { fileURLToPath } from 'node:url'
import { attributionTimes } from './attribution.mjs'
import { bytes } from './bytes.mjs'
import { fileTimes } from './files.mjs'
import { historyTimes } from './history.mjs'
import { manyConfigs } from './many-configs.mjs'
import { roomTimes } from './rooms.mjs'
import { roundTrips } from './round-trips.mjs'
import { startUp } from './start-up.mjs'
import { worstInput } from './worst.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

const sections = [
  ['Start-up (median, against an empty script)', startUp],
  ['Round trips of the action (50 ms each, one after the other)', roundTrips],
  ['Size', bytes],
  ['Arithmetic', roomTimes],
  ['Files of the corpus, warm', fileTimes],
  ['Many configs, against git cat-file --batch', manyConfigs],
  ['Attribution (goal: 10 ms)', attributionTimes],
  ['History', historyTimes],
  ['Largest file, 1 MiB (processor time, against the median kind, at most × 20)', worstInput],
]

/** @param rows of [what, measured, against, ratio], texts */
function print(rows) {
  const widths = [0, 1, 2, 3].map(i => Math.max(...rows.map(row => (row[i] ?? '').length)))
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
    console.log(`  ${cells.join('   ').trimEnd()}`)
  }
}

const wanted = process.argv.slice(2)
for (const [title, measure] of sections) {
  if (wanted.length > 0 && !wanted.some(word => title.toLowerCase().includes(word.toLowerCase()))) continue
  console.log(`\n${title}`)
  try {
    print(await measure(root))
  } catch (error) {
    console.log(`  not measured: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
