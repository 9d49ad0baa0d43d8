import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { frameworkNames } from '../../src/recognize/index.ts'
import { INPUTS, INPUT_NAMES } from '../../src/resolve/inputs.ts'

interface Action {
  readonly inputs: Readonly<Record<string, { description: string; default?: string; required?: boolean }>>
  readonly outputs: Readonly<Record<string, { description: string }>>
  readonly runs: Readonly<Record<string, string>>
}

// The shape is GitHub's; scripts/check-workflows.mjs holds the file against GitHub's own parser.
const action = parse(readFileSync('action.yml', 'utf8')) as Action
const readme = readFileSync('README.md', 'utf8')

/** Names in backquotes in the first column of the table under a heading. */
function namesUnder(heading: string): string[] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter(line => line.startsWith('| `'))
  return rows.flatMap(row => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(match => match[1]!))
}

describe('action.yml', () => {
  it('runs the committed bundle on Node 24', () => {
    expect(action.runs).toEqual({ using: 'node24', main: 'dist/index.js' })
  })

  it('has exactly the inputs that are read', () => {
    expect(Object.keys(action.inputs)).toEqual(INPUT_NAMES)
  })

  it('requires no input, and leaves every default but the token to the policy file', () => {
    const preset = Object.entries(action.inputs).filter(([, input]) => input.default !== undefined)
    expect(preset.map(([name]) => name)).toEqual(['github-token'])
    expect(Object.values(action.inputs).filter(input => input.required === true)).toEqual([])
  })

  it.each(['inputs', 'outputs'] as const)('says in a sentence what each of its %s is', part => {
    for (const [name, { description }] of Object.entries(action[part])) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      expect(description).toMatch(/^[A-Za-z].{10,120}\.$/)
    }
  })
})

describe('the README', () => {
  it('states the default that an input really has', () => {
    const section = readme.split('\n## Inputs\n')[1]!.split('\n## ')[0]!
    // Modes have no preset: what is unsaid is decided with the policy, and falls back to these.
    const modes = { 'fail-on': 'fail', 'on-unknown': 'auto', 'on-error': 'fail', 'github-token': '${{ github.token }}' }
    const presets = INPUT_NAMES.map(name => [name, 'default' in INPUTS[name] ? INPUTS[name].default : '']).concat(
      Object.entries(modes),
    )
    const stated = section.split('\n').filter(line => line.startsWith('| `'))
    for (const [name, preset] of new Map(presets as [string, string][])) {
      const row = stated.find(line => line.split('|')[1]!.includes(`\`${name}\``))
      expect([name, row?.split('|')[2]?.trim()]).toEqual([name, preset === '' ? '' : `\`${preset}\``])
    }
  })

  it('lists exactly the inputs of the action', () => {
    expect(namesUnder('Inputs').toSorted()).toEqual(Object.keys(action.inputs).toSorted())
  })

  it('lists exactly the outputs of the action', () => {
    expect(namesUnder('Outputs').toSorted()).toEqual(Object.keys(action.outputs).toSorted())
  })

  it('names every format that is read, and no other', () => {
    const section = readme.split('\n## What it reads\n')[1]!.split('\n## ')[0]!
    const rows = section.split('\n').filter(line => line.startsWith('| '))
    const named = rows.slice(1).flatMap(row => [...row.matchAll(/`([a-z_0-9]+)`/g)].map(([, id]) => id!))
    expect(named.toSorted()).toEqual([...frameworkNames].toSorted())
  })

  it('gives the workflow that the examples give', () => {
    const pasted = /```yaml\n(name: traincost\n[^]*?)```/.exec(readme)?.[1] ?? ''
    expect(parse(pasted)).toEqual(parse(readFileSync('examples/workflows/traincost.yml', 'utf8')))
  })
})
