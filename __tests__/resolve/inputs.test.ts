import {
  effectiveModes,
  emptyPolicy,
  inputOverrides,
  INPUTS,
  inputRules,
  readInputs,
  type Policy,
} from '../../src/resolve/index.ts'

const read = (given: Record<string, string>, policy: Record<string, string> = {}) =>
  readInputs(new Map(Object.entries(given)), new Map(Object.entries(policy)))
const policyWith = (changes: Partial<Policy>): Policy => ({ ...emptyPolicy, path: 'p.yml', ...changes })

describe('inputs', () => {
  it('have documented defaults, and empty or blank is unset', () => {
    const none = read({})
    expect(none.problems).toEqual([])
    expect(none.inputs).toEqual({
      policyFile: '.github/traincost.yml',
      configs: [],
      source: 'auto',
      comment: 'changes',
      commentStyle: 'update',
      reportId: 'default',
      check: 'check-run',
      annotations: true,
      jobSummary: true,
      minDelta: 1,
      details: 'full',
      dryRun: false,
    })
    expect(read({ 'max-increase': '', comment: '  ', configs: '\n' }).inputs).toEqual(none.inputs)
  })

  it('are read by their kinds', () => {
    const { inputs, problems } = read({
      'max-increase': '$5000',
      'max-increase-percent': '20%',
      'max-cost': '1e5',
      'pr-number': '42',
      configs: 'a/*.yaml\nb/{x,y}.yaml, c.yaml',
      annotations: 'FALSE',
      'on-unknown': 'warn',
    })
    expect(problems).toEqual([])
    expect(inputs).toMatchObject({
      maxIncrease: 5000,
      maxIncreasePercent: 20,
      maxCost: 100_000,
      prNumber: 42,
      configs: ['a/*.yaml', 'b/{x,y}.yaml', 'c.yaml'],
      annotations: false,
      onUnknown: 'warn',
    })
  })

  it.each([
    ['max-increase', '-5'],
    ['max-increase', 'lots'],
    ['max-cost', '1e999'],
    ['max-cost', 'NaN'],
    ['pr-number', '1.5'],
    ['comment', 'sometimes'],
    ['annotations', 'maybe'],
    ['report-id', 'a b'],
    ['report-id', '--><script>'],
    ['configs', '/etc/*'],
    ['configs', '../secrets/*'],
    ['source', 'ftp'],
  ])('refuse %s: %s, by name', (name, value) => {
    const { problems } = read({ [name]: value })
    expect(problems).toMatchObject([{ code: 'bad-input', severity: 'error' }])
    expect(problems[0]?.message).toContain(`input ${name}`)
  })

  it('refuse a name that is none, with the nearest', () => {
    expect(read({ 'max-increse': '5' }).problems).toMatchObject([{ code: 'unknown-input' }])
    expect(read({ 'max-increse': '5' }).problems[0]?.message).toContain('max-increase')
  })

  it('never print a token', () => {
    const { problems } = read({ 'github-token': 'ghs_' + 'x'.repeat(600) })
    expect(problems).toHaveLength(1)
    expect(JSON.stringify(problems)).not.toContain('ghs_')
  })

  it('take from the policy what the workflow leaves unset, and only what a policy may set', () => {
    expect(read({}, { comment: 'always' }).inputs.comment).toBe('always')
    expect(read({ comment: 'never' }, { comment: 'always' }).inputs.comment).toBe('never')
    expect(read({}, { 'github-token': 'stolen' }).inputs.githubToken).toBeUndefined()
  })

  it('all have a default that is valid', () => {
    for (const [name, spec] of Object.entries(INPUTS))
      if ('default' in spec) expect([name, read({ [name]: spec.default }).problems]).toEqual([name, []])
  })
})

describe('limits among the inputs', () => {
  it('become rules over every config', () => {
    const { inputs } = read({
      'max-increase': '5000',
      'max-increase-percent': '20',
      'max-cost': '100',
      'warn-cost': '0',
    })
    expect(inputRules(inputs)).toMatchObject([
      { name: 'max-increase', maxIncrease: 5000, action: 'fail', match: [], scope: 'each', metric: 'cost' },
      { name: 'max-increase-percent', maxIncreasePercent: 20, action: 'fail' },
      { name: 'max-cost', max: 100, action: 'fail' },
      { name: 'warn-cost', max: 0, action: 'warn' },
    ])
    expect(inputRules(read({}).inputs)).toEqual([])
  })

  it('are overridden by the label of the inputs only where no policy decides', () => {
    const { inputs } = read({ 'override-label': 'ok' })
    expect(inputOverrides(inputs, undefined)).toMatchObject([
      { label: 'ok', minPermission: 'write', allowAuthor: false },
    ])
    expect(inputOverrides(inputs, policyWith({}))).toEqual([])
  })
})

describe('the stricter of workflow and policy holds', () => {
  it.each([
    // workflow, policy, what holds
    [undefined, undefined, 'fail'],
    ['none', undefined, 'fail'],
    ['none', 'warn', 'warn'],
    ['warn', 'fail', 'warn'],
    ['none', 'none', 'none'],
    [undefined, 'none', 'none'],
  ] as const)('fail-on: workflow %s, policy %s: %s', (workflow, policy, holds) => {
    const { inputs } = read(workflow === undefined ? {} : { 'fail-on': workflow })
    const made = policyWith({ inputs: new Map(policy === undefined ? [] : [['fail-on', policy]]) })
    expect(effectiveModes(inputs, made).failOn).toBe(holds)
  })

  it.each([
    ['ignore', 'auto', 'auto'],
    ['warn', 'fail', 'fail'],
    ['fail', 'auto', 'fail'],
    ['auto', 'ignore', 'auto'],
  ] as const)('on-unknown: workflow %s, policy %s: %s', (workflow, policy, holds) => {
    const modes = effectiveModes(read({ 'on-unknown': workflow }).inputs, policyWith({ unknown: policy }))
    expect(modes.onUnknown).toBe(holds)
    expect(modes.problems.map(problem => problem.code)).toEqual(holds === workflow ? [] : ['input-loosens'])
  })

  it('lets a policy that is not merged yet fail nothing by an unknown, and open nothing that an input closes', () => {
    const unmerged = policyWith({ unknown: 'warn', inputs: new Map([['fail-on', 'none']]) })
    expect(effectiveModes(read({}).inputs, unmerged, false)).toMatchObject({ onUnknown: 'warn', failOn: 'fail' })
    expect(effectiveModes(read({ 'max-cost': '5' }).inputs, unmerged, false).onUnknown).toBe('auto')
  })

  it('lets the workflow decide alone where there is no policy', () => {
    expect(
      effectiveModes(read({ 'fail-on': 'none', 'on-unknown': 'ignore', 'on-error': 'warn' }).inputs, undefined),
    ).toEqual({
      failOn: 'none',
      onUnknown: 'ignore',
      onError: 'warn',
      problems: [],
    })
  })
})
