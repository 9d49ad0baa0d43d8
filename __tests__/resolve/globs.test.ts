import { matchConfig, matchesAny, readPolicy } from '../../src/resolve/index.ts'

describe('globs', () => {
  it.each([
    ['configs/*.yaml', 'configs/a.yaml', true],
    ['configs/*.yaml', 'configs/deep/a.yaml', false],
    ['configs/**/*.yaml', 'configs/a.yaml', true],
    ['configs/**', 'configs/deep/.hidden.yaml', true],
    ['**/train.{yaml,yml}', 'x/y/train.yml', true],
    ['./configs/*.yaml', 'configs/a.yaml', true],
    ['configs/*.yaml', 'CONFIGS/a.yaml', false],
    ['/configs/*.yaml', 'configs/a.yaml', false],
    ['!configs/*.yaml', 'other/a.yaml', false],
    ['../x/*', '../x/a', false],
  ])('%s on %s: %s', (glob, path, matches) => {
    expect(matchesAny([glob], path)).toBe(matches)
  })

  it('never hangs on a hostile glob', () => {
    const started = performance.now()
    matchesAny(['*a'.repeat(12) + 'x', '{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}*'], 'a'.repeat(60))
    matchesAny(['{1..1000000}', '**/'.repeat(9) + 'x'], 'a/'.repeat(100))
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it('takes the first entry that matches', () => {
    const reading = readPolicy(
      'p.yml',
      'version: 1\nconfigs:\n  - { path: a/x.yaml, runs: 2 }\n  - { path: a/*, runs: 3 }\n',
    )
    if (reading.is !== 'policy') throw new Error('malformed')
    expect(matchConfig(reading.policy, 'a/x.yaml')?.runs).toBe(2)
    expect(matchConfig(reading.policy, 'a/y.yaml')?.runs).toBe(3)
    expect(matchConfig(reading.policy, 'b/y.yaml')).toBeUndefined()
  })
})
