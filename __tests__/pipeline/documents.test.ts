import { parse } from '../../src/parse/index.ts'
import { includesOf, recognize } from '../../src/recognize/index.ts'
import { axolotl } from '../e2e/scenario.ts'

const recognition = (text: string) => {
  const files = new Map([['a.yaml', parse('a.yaml', text)]])
  const is = recognize('a.yaml', files)
  return { is, wants: includesOf(is) }
}

it('a file of more documents than anyone writes is an error, and costs no minutes', () => {
  const few = recognition(axolotl() + '---\nk: 1\n'.repeat(99))
  expect(few.is.is).toBe('recognized')
  const many = recognition(axolotl() + '---\nk: 1\n'.repeat(100))
  expect(many.is).toMatchObject({ is: 'malformed', problems: [{ code: 'too-many-documents', at: { path: 'a.yaml' } }] })
  expect(many.wants).toEqual([])
})
