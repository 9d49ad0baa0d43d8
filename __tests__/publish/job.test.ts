import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cutToBytes } from '../../src/publish/job.ts'
import { writeAnnotations, writeOutputs, writeSummary } from '../../src/publish/index.ts'

let dir: string
let printed: string
const write = process.stdout.write.bind(process.stdout)
const saved = { ...process.env }

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'traincost-job-'))
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY']) {
    writeFileSync(join(dir, name), '')
    process.env[name] = join(dir, name)
  }
  printed = ''
  process.stdout.write = (chunk: string) => {
    printed += chunk
    return true
  }
})
afterEach(() => {
  process.stdout.write = write
  process.env = { ...saved }
  rmSync(dir, { recursive: true })
})

test('outputs are written as heredocs that their values cannot close', async () => {
  const problems = await writeOutputs({ conclusion: 'fail', 'cost-delta': -12.5, 'comment-id': null, evil: 'a\nb=c' })
  expect(problems).toEqual([])
  const out = readFileSync(join(dir, 'GITHUB_OUTPUT'), 'utf8')
  const values = [...out.matchAll(/^([\w-]+)<<(\S+)\n([^]*?)\n?\2$/gm)].map(m => [m[1], m[3]])
  expect(values).toEqual([
    ['conclusion', 'fail'],
    ['cost-delta', '-12.5'],
    ['comment-id', ''],
    ['evil', 'a\nb=c'],
  ])
})

test('the summary is appended, and where there is no summary file that is a warning', async () => {
  expect(await writeSummary('# Report')).toEqual([])
  expect(readFileSync(join(dir, 'GITHUB_STEP_SUMMARY'), 'utf8')).toContain('# Report')
})

test('a summary over the limit is cut between lines, to at most the limit in bytes', () => {
  const line = 'größe ✓\n'
  const cut = cutToBytes(line.repeat(1000), 2000)
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(2000)
  expect(cut.split('\n')[0]).toBe('größe ✓')
  expect(cut).not.toContain('\ufffd')
  expect(cutToBytes('short', 2000)).toBe('short')
})

test('annotations cannot end their command and begin another; ten of a level are printed', async () => {
  const hostile = {
    level: 'error',
    path: 'a,b:c\n::set-env name=X::1',
    line: 3,
    title: 't\r\n::x::',
    message: 'm\n::error::y',
  }
  const warnings = Array.from({ length: 12 }, (_, i) => ({
    level: 'warning',
    path: 'p',
    line: i + 1,
    title: 't',
    message: 'm',
  }))
  expect(await writeAnnotations([hostile, ...warnings] as never)).toEqual([])
  const lines = printed.trimEnd().split(/\r?\n/)
  expect(lines.filter(line => line.startsWith('::error')).length).toBe(1)
  expect(lines.filter(line => line.startsWith('::warning')).length).toBe(10)
  expect(lines.filter(line => /^::(?!error|warning)/.test(line))).toEqual([])
  expect(lines.at(-1)).toContain('2 more')
})
