import fc from 'fast-check'
import { Marked, type Token, type Tokens } from 'marked'
import { code, commentMarker, figure, hiddenState, linked, plainText, prose } from '../../src/report/escape.ts'
import { renderMarkdown, renderText, type Report } from '../../src/report/index.ts'
import { comparison, missing, outcome, report, rule, share, verdict, at, band } from './reports.ts'

const HOSTILE = [
  '@octocat',
  '<',
  '@org/team',
  '#123',
  'GH-7',
  '![x](https://evil.example/p.png)',
  '[x](javascript:alert(1))',
  '<img src=x onerror=alert(1)>',
  '</code><script>alert(1)</script>',
  '<!-- traincost:v1 id=default -->',
  '--><b>',
  '`rm -rf`',
  '**bold** __init__ _x_ ~~gone~~',
  'www.evil.example',
  'https://evil.example/?q=1',
  'mail@evil.example',
  'a | b | c',
  '| --- |',
  'line\nbreak\r\n\n# heading',
  '\u202egnp.exe',
  '\u0000\u001b[31mred',
  '$x$ and $$y$$',
  '&lt;b&gt; &#60;',
  'deadbeefcafe',
  '> [!CAUTION]',
  '- item',
  ' ',
  '',
  '\ud800',
  'x'.repeat(10_000),
  'a/../../etc',
  '\\*escaped\\*',
]

const anyText = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...Array.from('@#<>[]()!|`*_~:/.-&;\n\\ wabcdefGH09$')), maxLength: 40 }),
)

const marked = new Marked({ gfm: true })

function tokensOf(markdown: string): Token[] {
  const all: Token[] = []
  const walk = (tokens: readonly Token[]) => {
    for (const token of tokens) {
      all.push(token)
      if ('tokens' in token) walk(token.tokens ?? [])
      if (token.type === 'list') walk((token as Tokens.List).items)
      if (token.type === 'table') {
        const grid = token as Tokens.Table
        for (const cell of [...grid.header, ...grid.rows.flat()]) walk(cell.tokens)
      }
    }
  }
  walk(marked.lexer(markdown))
  return all
}

/** What is left of the Markdown when `<code>…</code>` is taken away: where mentions and references would be live. */
const outsideCode = (markdown: string) => markdown.replace(/<code>[^<]*<\/code>/g, '□')

function expectHarmless(markdown: string) {
  const tokens = tokensOf(`before ${markdown} after`)
  const types = new Set(tokens.map(token => token.type))
  for (const type of types) expect(['paragraph', 'text', 'html', 'escape']).toContain(type)
  for (const token of tokens) if (token.type === 'html') expect(['<code>', '</code>']).toContain(token.raw)
  const outside = outsideCode(markdown)
  expect(outside).not.toMatch(/[@#<>[\]`*_|~\\&\n\r]/)
  expect(outside).not.toMatch(/https?:|www\./i)
}

describe('names of others', () => {
  it('are text in <code> and nothing else, whatever they are', () => {
    fc.assert(
      fc.property(anyText, text => {
        const shown: string = code(text)
        expectHarmless(shown)
        expect(shown).toMatch(/^<code>[A-Za-z0-9 ._\-/,=+&#;]+<\/code>$/)
      }),
      { numRuns: 150 },
    )
  })

  it('are shown as they are written where that is harmless', () => {
    expect(code('configs/sft/llama-3_8b.yaml')).toBe('<code>configs/sft/llama-3_8b.yaml</code>')
    expect(code('a|b')).toBe('<code>a&#124;b</code>')
  })

  it('are cut after 120 characters, never in the middle of one', () => {
    expect(plainText('😀'.repeat(200), 120)).toBe(`${'😀'.repeat(119)}…`)
    expect(plainText('😀'.repeat(120), 120)).toBe('😀'.repeat(120))
  })

  it('cannot hide or turn around what they say', () => {
    expect(plainText('a\u202eb\u0000c\u200bd\u2066e\nf')).toBe('a�b�c�d�e�f')
  })
})

describe('sentences that quote others', () => {
  it('hold no markup, mention, reference or link outside <code>', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expectHarmless(prose(`the value ${a} of ${b} is not a number.`))
      }),
      { numRuns: 150 },
    )
  })

  it('read as English with the technical words set apart', () => {
    expect(prose('add dataset_tokens to the policy, then run it again.')).toBe(
      'add <code>dataset_tokens</code> to the policy, then run it again.',
    )
    expect(prose('add datasets: { our-org/c: { tokens: 1.2T } } to x.yml.')).toBe(
      'add <code>datasets&#58; &#123; our-org/c&#58; &#123; tokens&#58; 1.2T &#125; &#125;</code> to <code>x.yml</code>.',
    )
  })

  it('never let a commit, an issue or a ticket be linked', () => {
    for (const word of ['deadbeef', '1234567', 'GH-12', 'ABC-99', '4be77a1'])
      expect(prose(`see ${word} now`)).toBe(`see <code>${word}</code> now`)
  })
})

describe('figures', () => {
  it('pass only where they look like ours', () => {
    expect(figure('+$12,400 (+31 %)')).toBe('+$12,400 (+31 %)')
    expect(figure('❌')).toBe('❌')
    for (const text of HOSTILE.filter(t => t.trim() !== '' && !/^x+$/.test(t))) expectHarmless(figure(text))
  })
})

describe('links', () => {
  const target = { server: 'https://github.com', repository: 'o/r', sha: 'abcdef1' }

  it('lead to the line of the file at the commit', () => {
    expect(linked(code('x'), target, 'a b/ü[1].yaml', 3)).toBe(
      '[<code>x</code>](https://github.com/o/r/blob/abcdef1/a%20b/%C3%BC%5B1%5D.yaml#L3)',
    )
    expect(linked(code('x'), target, 'docs/a.md', 3)).toMatch(/a\.md\?plain=1#L3\)$/)
  })

  it('are links to that repository, or none, whatever the path is', () => {
    fc.assert(
      fc.property(anyText, path => {
        const links = tokensOf(linked(code(path), target, path, 1)).filter(token => token.type === 'link')
        for (const link of links)
          expect((link as Tokens.Link).href).toMatch(/^https:\/\/github\.com\/o\/r\/blob\/abcdef1\/[^/]/)
        expect(links.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 150 },
    )
  })

  it('are not made of paths that climb, or of repositories and commits that are none', () => {
    expect(linked(code('x'), target, '../x')).toBe('<code>x</code>')
    expect(linked(code('x'), target, '/x')).toBe('<code>x</code>')
    expect(linked(code('x'), { ...target, repository: 'o/r/../x' }, 'x')).toBe('<code>x</code>')
    expect(linked(code('x'), { ...target, sha: 'main' }, 'x')).toBe('<code>x</code>')
    expect(linked(code('x'), { ...target, server: 'javascript:' }, 'x')).toBe('<code>x</code>')
  })
})

describe('the marker', () => {
  it('is the one that people search for', () => {
    expect(commentMarker('default')).toBe('<!-- traincost:v1 id=default -->')
  })

  it('differs for ids that differ, and no id ends the comment early', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const [left, right]: string[] = [commentMarker(a), commentMarker(b)]
        expect(left === right).toBe(a === b)
        expect(left!.slice(4, -3)).not.toMatch(/--|[<>]/)
      }),
    )
  })

  it('keeps hidden data hidden', () => {
    fc.assert(
      fc.property(anyText, text => {
        const state = hiddenState({ v: 1, head: text })
        expect(state.slice(4, -3)).not.toMatch(/--|[<>]/)
        expect(JSON.parse(state.slice('<!-- traincost:state '.length, -4))).toEqual({ v: 1, head: text })
      }),
    )
  })
})

describe('a whole report made of hostile texts', () => {
  const hostile = (t: string): Report =>
    report({
      reportId: t,
      version: '1.0.0',
      problems: [{ code: t, severity: 'error', message: t, at: { path: t, line: 3, column: 1 } }],
      waysToPass: {
        settings: [{ path: t, fact: t, from: 2, to: 1, at: at(t, 4) }],
        label: { label: t, minPermission: 'write', allowAuthor: false },
      },
      prices: { date: t, source: t },
      currency: { code: t, perUsd: 1, date: t },
      comparisons: [
        comparison({
          path: t,
          basePath: `${t}x`,
          base: {
            usd: band(1, 2, 3),
            hours: band(1, 2, 3),
            accelerator: t,
            facts: { baseModel: { known: true, value: t, origins: [at(t, 1)] } },
          },
          head: { usd: band(2, 4, 6), hours: band(2, 4, 6), accelerator: t, unknown: [missing(t, t, t, at(t, 2))] },
          delta: { usd: 2, hours: 2, percent: 100 },
          attribution: [share(t, t, `${t}y`, 2, at(t, 2))],
        }),
      ],
      verdict: verdict(
        'overridden',
        { delta: 2 },
        {
          overriddenBy: { label: t, by: t, upTo: 5 },
          outcomes: [
            outcome({
              rule: rule({ name: t, message: t }),
              limitKind: 'max',
              configs: [t],
              limit: 3,
              actual: 4,
              result: 'fail',
              why: t,
            }),
            outcome({ rule: rule({ name: t }), limitKind: 'lock', configs: [t], result: 'fail', why: t }),
          ],
        },
      ),
    })

  it('has no HTML but ours, no image, and no link out of the repository', () => {
    fc.assert(
      fc.property(anyText, text => {
        const markdown = renderMarkdown(hostile(text))
        for (const token of tokensOf(markdown)) {
          expect(['image', 'codespan', 'code', 'del', 'hr', 'def']).not.toContain(token.type)
          if (token.type === 'link')
            expect((token as Tokens.Link).href).toMatch(/^https:\/\/github\.com\/our-org\/training\//)
          if (token.type === 'heading') expect((token as Tokens.Heading).depth).toBe(3)
        }
        const tags = markdown.replace(/<!-- traincost:[^\n]* -->/g, '').match(/<[^>]*>?/g) ?? []
        for (const tag of tags) expect(tag).toMatch(/^<\/?(?:code|details|summary|sub)>$/)
        const body = markdown.split('\n').slice(2).join('\n')
        expect(outsideCode(body).replace(/\(https:[^)]*\)/g, '')).not.toMatch(/@|GH-\d|deadbeef/)
        expect(markdown.match(/<!-- traincost:v1/g)).toHaveLength(1)
      }),
      { numRuns: 30 },
    )
  })

  it('sends no control character to a terminal', () => {
    fc.assert(
      fc.property(anyText, text => {
        expect(renderText(hostile(text), { columns: 80, color: false })).not.toMatch(
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/,
        )
      }),
      { numRuns: 25 },
    )
  })
})
