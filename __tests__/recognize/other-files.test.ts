import { parse } from '../../src/parse/index.ts'
import { recognize } from '../../src/recognize/index.ts'
import { OTHER_FILES } from './other-files.ts'

it('has at least two hundred other files to be wrong about, no two alike', () => {
  expect(OTHER_FILES.length).toBeGreaterThanOrEqual(200)
  expect(new Set(OTHER_FILES.map(([path]) => path)).size).toBe(OTHER_FILES.length)
})

it.each(OTHER_FILES)('is no training: %s', (path, text) => {
  const parsed = parse(path, text)
  expect(parsed.problems).toEqual([])
  expect(recognize(path, new Map([[path, parsed]]))).toMatchObject({ is: 'unrecognized' })
})
