import { annotationsFrom, outputsFrom } from './runner.ts'
import { configRows, lineOf } from './scenario.ts'

test('an output is read as the runner reads it, over several lines too', () => {
  const file = 'a=1=2\nb<<ghadelimiter_1\nx\n\ny\nghadelimiter_1\nc<<E\nE\n'
  expect({ ...outputsFrom(file) }).toEqual({ a: '1=2', b: 'x\n\ny', c: '' })
  expect(() => outputsFrom('nothing\n')).toThrow(/not a line/)
  expect(() => outputsFrom('a<<E\nx\n')).toThrow(/no end/)
})

test('annotations are read with their place, and only where a line starts with a command', () => {
  const log = '::error file=a%2Cb.yml,line=5,title=T%3A::one%0Atwo\nsay ::error::no\n::warning::w\n::debug::d'
  expect(annotationsFrom(log)).toEqual([
    { level: 'error', message: 'one\ntwo', file: 'a,b.yml', line: 5, title: 'T:' },
    { level: 'warning', message: 'w', file: undefined, line: undefined, title: undefined },
  ])
})

test('rows are read as they are shown', () => {
  const table =
    'x\n| Config | Base |\n|---|--:|\n| [`a.yaml`](http://x) | **$1** |\n| <code>b&#46;c</code> | – |\n\n| no |'
  expect(configRows(table)).toEqual([
    ['a.yaml', '$1'],
    ['b.c', '–'],
  ])
  expect(lineOf('a\nb: 1\n', /^b/m)).toBe(2)
})
