import fc from 'fast-check'
import { Marked, type Token, type Tokens } from 'marked'
import {
  addressOf,
  breakingPath,
  code,
  commentMarker,
  figure,
  gfm,
  hiddenState,
  isRunAddress,
  joined,
  linked,
  linkedRun,
  plainText,
  prose,
  strong,
  table,
} from '../../src/report/escape.ts'
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
const outsideCode = (markdown: string) => markdown.replace(/<code>(?:[^<]|<wbr>)*<\/code>/g, '□')

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

  it('may break behind a slash where they are paths in a narrow column', () => {
    expect(breakingPath('configs/sft/a_b.yaml')).toBe('<code>configs/<wbr>sft/<wbr>a_b.yaml</code>')
    expect(breakingPath('flat.yaml')).toBe('<code>flat.yaml</code>')
    fc.assert(
      fc.property(anyText, text => {
        expect(breakingPath(text).replaceAll('/<wbr>', '/')).toBe(code(text))
      }),
      { numRuns: 150 },
    )
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

describe('the words of a sentence', () => {
  it.each([
    ...['word', 'Word', "it's", 'don’t', 'well-known', 'state-of-the-art', 'H100', 'tokens1234', 'v5'],
    ...['end.', 'end?!', 'list:', 'list;', 'and,', '("quoted")', '“so”', '‘so’,', "('it')", 'H100.', 'facade', 'feed.'],
    ...[
      '5',
      '12',
      '123',
      '1,234',
      '12,345,678',
      '123456',
      '1.5',
      '0.123456',
      '1e3',
      '2.5e12',
      '(7)',
      '(7).',
      '5,',
      '9?',
    ],
    ...['+31', '−31', '±5', '≈5', '$12,400', '€3', '£3', '¥3', '$−5', '$+5', '+$5', '(+$1.5)'],
    ...['–', '—', '→', '·', '×', '%', '…', '+', '−', '=', '(', ')', '.', ',', ';', ':', '%.', '×,', '%).', ')'],
  ])('stay as they are where nothing can hide in them: %s', word => {
    expect(prose(word)).toBe(word)
    expect(prose(`the ${word} is`)).toBe(`the ${word} is`)
  })

  it.each([
    ...['a1b2', 'abcdefg1', 'H12345', 'x_y', 'a--b', '-a', "it'S", 'deadbee', 'deadbeef', 'a/b', 'x.yml', 'a.b', '1a'],
    ...['1234567', '0.1234567', '1e1234', '5,5', '1,2345', '$', '5$', '--', '5x5', '$$5', '%%', '..x', '()x'],
    ...['@team', '#12', '*b*', '_i_', '<b>', '|', '~~', '=>', '\\', '&amp'],
  ])('go into <code> where something could: %s', word => {
    const shown = prose(`the ${word} is`)
    expect(shown).toMatch(/^the <code>[^<]*<\/code> is$/)
    expectHarmless(shown)
  })

  it('keep the closing mark of our own sentence outside, and only that', () => {
    expect(prose('see a/b.')).toBe('see <code>a/b</code>.')
    expect(prose('see a/b?!, then c/d')).toBe('see <code>a/b</code>?!, then <code>c/d</code>')
    expect(prose('see a.b. now')).toBe('see <code>a.b</code>. now')
    expect(prose('see @.')).toBe('see <code>&#64;</code>.')
    expect(prose('a ..x')).toBe('a <code>..x</code>')
  })

  it('that stand side by side share one <code>', () => {
    expect(prose('see a/b c_d and e/f')).toBe('see <code>a/b c_d</code> and <code>e/f</code>')
    expect(prose('a/b')).toBe('<code>a/b</code>')
    expect(prose('')).toBe('')
    expect(prose('two  spaces')).toBe('two  spaces')
  })

  it('in brackets or braces belong together, to the last of them', () => {
    expect(prose('add [a b] to it')).toBe('add <code>&#91;a b&#93;</code> to it')
    expect(prose('add {a [b c] d} to it')).toBe('add <code>&#123;a &#91;b c&#93; d&#125;</code> to it')
    expect(prose('add lock: [a, b] to it')).toBe('add <code>lock&#58; &#91;a, b&#93;</code> to it')
    expect(prose('so: then')).toBe('so: then')
    expect(prose('a ] b [c d')).toBe('a <code>&#93;</code> b <code>&#91;c d</code>')
  })

  it('between backquotes are code, whatever they are', () => {
    expect(prose('run `npm run x` now')).toBe('run <code>npm run x</code> now')
    expect(prose('`a` and `b`')).toBe('<code>a</code> and <code>b</code>')
    expect(prose('one ` alone')).toBe('one <code>&#96;</code> alone')
  })
})

describe('what GitHub would still read inside <code>', () => {
  it.each([
    ['_a', '&#95;a'],
    ['a_', 'a&#95;'],
    ['a_b', 'a_b'],
    ['a__b', 'a&#95;&#95;b'],
    ['1_2', '1_2'],
    ['www.x', 'www&#46;x'],
    ['WWW.x', 'WWW&#46;x'],
    ['ww.x', 'ww.x'],
    ['a b-c/d,e=f+g.h', 'a b-c/d,e=f+g.h'],
    ['é😀', '&#233;&#128512;'],
  ])('is written as an entity: %s', (text, expected) => {
    expect(code(text)).toBe(`<code>${expected}</code>`)
  })

  it('is never nothing: an empty name keeps its place', () => {
    for (const text of ['', ' ', '\u00a0']) expect(code(text)).toBe('<code>&#8203;</code>')
  })
})

describe('long texts', () => {
  it('are cut: names after 120 characters, sentences after 600', () => {
    expect(code('x'.repeat(120))).toBe(`<code>${'x'.repeat(120)}</code>`)
    expect(code('x'.repeat(121))).toBe(`<code>${'x'.repeat(119)}&#8230;</code>`)
    expect(plainText('x'.repeat(600))).toBe('x'.repeat(600))
    expect(plainText('x'.repeat(601))).toBe(`${'x'.repeat(599)}…`)
    expect(plainText('x'.repeat(100_000), 5)).toBe('xxxx…')
    expect(plainText('😀'.repeat(6), 5)).toBe('😀😀😀😀…')
  })
})

describe('our own Markdown', () => {
  it('is put together of safe parts and nothing else', () => {
    expect(gfm`a ${code('b')} c ${code('d')}`).toBe('a <code>b</code> c <code>d</code>')
    expect(gfm`a`).toBe('a')
    expect(strong(code('b'))).toBe('**<code>b</code>**')
    expect(joined([code('a'), code('b')], ', ')).toBe('<code>a</code>, <code>b</code>')
    expect(joined([], '\n')).toBe('')
  })

  it('has tables that GitHub draws', () => {
    const heading = [gfm`Config`, gfm`Cost`]
    expect(table(heading, ['left', 'right'], [[code('a|b'), gfm`$5`]])).toBe(
      '| Config | Cost |\n|---|--:|\n| <code>a&#124;b</code> | $5 |',
    )
    expect(table(heading, ['left', 'right'], [])).toBe('| Config | Cost |\n|---|--:|')
  })
})

describe('figures', () => {
  it('pass only where they look like ours', () => {
    expect(figure('+$12,400 (+31 %)')).toBe('+$12,400 (+31 %)')
    expect(figure('❌')).toBe('❌')
    for (const text of HOSTILE.filter(t => t.trim() !== '' && !/^x+$/.test(t))) expectHarmless(figure(text))
  })

  it.each([
    '$1.5 – $2',
    '−31 %',
    '1.2e9 FLOPs',
    '12,400',
    '±5 %',
    '█░',
    '✅',
    '⚠️',
    '❌',
    'ℹ️',
    '€5 · £6 · ¥7',
    '3 × 2 → 6',
    '',
  ])('of ours pass as they are: %s', text => {
    expect(figure(text)).toBe(text)
  })

  it.each([
    '4be77a1',
    'deadbeef',
    '1234567',
    'GH-7',
    'ABC-12',
    'www.x',
    'a//b',
    'a@b',
    '#1',
    '$5_',
    '[x]',
    '✅*',
    '5\n6',
  ])('that could be a link or a command become a name: %j', text => {
    expect(figure(text)).toBe(code(text))
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

  it.each([
    ['a file', 'a.yaml', 3, '/a.yaml#L3'],
    ['a file without a line', 'a.yaml', undefined, '/a.yaml'],
    ['a line that is none', 'a.yaml', 0, '/a.yaml'],
    ['half a line', 'a.yaml', 1.5, '/a.yaml'],
    ['a notebook, as text', 'a.ipynb', 1, '/a.ipynb?plain=1#L1'],
    ['Markdown, as text', 'A.MARKDOWN', undefined, '/A.MARKDOWN?plain=1'],
    ['no Markdown', 'a.md.yaml', 2, '/a.md.yaml#L2'],
    ['what Markdown would read', "a!'()*_b.yaml", 1, '/a%21%27%28%29%2A%5Fb.yaml#L1'],
    ['half a character', '\ud800', 1, '/%EF%BF%BD#L1'],
    ['the longest path', 'x'.repeat(1000), 1, `/${'x'.repeat(1000)}#L1`],
  ])('have the address of %s', (_, path, line, expected) => {
    expect(addressOf(target, path, line)).toBe(`https://github.com/o/r/blob/abcdef1${expected}`)
  })

  it.each(['', '/a', 'a/', 'a//b', '.', './a', 'a/.', '..', 'a/../b', 'x'.repeat(1001)])(
    'are not made of a path like %j',
    path => {
      expect(addressOf(target, path, 1)).toBeUndefined()
    },
  )

  it.each([
    [
      'server',
      ['http://github.com', 'https://', 'xhttps://g.example', 'https://g.example/', 'https://g.example:123456'],
    ],
    ['repository', ['o', 'o/', '/r', 'o/r/x', 'o r/x', 'o/r x']],
    ['sha', ['abcdef', 'ABCDEF1', 'abcdef1x', ' abcdef1', 'a'.repeat(65)]],
  ] as const)('are not made of what is no %s', (part, wrong) => {
    for (const value of wrong) expect([value, addressOf({ ...target, [part]: value }, 'a')]).toEqual([value, undefined])
  })

  it('reach a server of its own, with its port', () => {
    const own = { server: 'https://git.our-org.example:8443', repository: 'our.org/r_1-x', sha: 'a'.repeat(64) }
    expect(addressOf(own, 'a')).toBe(`https://git.our-org.example:8443/our.org/r_1-x/blob/${'a'.repeat(64)}/a`)
  })

  it('to a run lead to that server and nowhere else', () => {
    const run = 'https://github.com/o/r/actions/runs/7'
    expect(isRunAddress('https://github.com', run)).toBe(true)
    expect(linkedRun(code('x'), 'https://github.com', run)).toBe(`[<code>x</code>](${run})`)
    for (const [server, address] of [
      ['https://github.com', 'https://github.company.example/o'],
      ['https://github.com', 'https://evil.example/https://github.com/'],
      ['https://github.com', 'https://github.com/a)b'],
      ['https://github.com', 'https://github.com/a b'],
      ['https://github.com', ' https://github.com/a'],
      ['javascript:', 'javascript:/x'],
    ] as const) {
      expect([address, isRunAddress(server, address)]).toEqual([address, false])
      expect(linkedRun(code('x'), server, address)).toBe('<code>x</code>')
    }
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

  it.each([
    ['a/b c', 'a%2Fb%20c'],
    ['a-b', 'a-b'],
    ['a--b', 'a-%2Db'],
    ['a---b', 'a-%2D-b'],
  ])('holds an id like %s so that no comment ends in it', (id, held) => {
    expect(commentMarker(id)).toBe(`<!-- traincost:v1 id=${held} -->`)
  })

  it('hides data as JSON that reads the same', () => {
    expect(hiddenState({ a: '--><b>-', n: 1 })).toBe(
      '<!-- traincost:state {"a":"\\u002d-\\u003e\\u003cb\\u003e-","n":1} -->',
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
        for (const tag of tags) expect(tag).toMatch(/^<\/?(?:code|wbr|details|summary|sub)>$/)
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
