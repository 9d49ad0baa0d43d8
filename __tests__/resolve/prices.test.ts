import data from '../../data/instances.json' with { type: 'json' }
import {
  ACCELERATORS,
  instanceNamed,
  priceOf,
  PRICES_2020,
  SHIPPED_PRICES,
  type Pricing,
} from '../../src/resolve/index.ts'

const instance = (name: string, snapshot = SHIPPED_PRICES) => {
  const fact = instanceNamed(name, snapshot)
  if (!fact.known) throw new Error(`${name}: ${fact.missing[0]?.why ?? ''}`)
  return fact.value
}
const price = (name: string, region?: string, pricing: Pricing = 'on-demand') =>
  priceOf(instance(name), region, pricing)

describe('instances', () => {
  it('finds an instance by provider and name in any case, and by name alone where one provider has it', () => {
    expect(instance('aws/p5.48xlarge').count).toBe(8)
    expect(instance('AWS/P5.48xlarge').key).toBe('aws/p5.48xlarge')
    expect(instance('p5.48xlarge').key).toBe('aws/p5.48xlarge')
  })

  it('names the nearest ones for a name that it does not know', () => {
    const fact = instanceNamed('aws/p5.48xlarg')
    expect(!fact.known && fact.missing[0]?.why).toContain('aws/p5.48xlarge')
  })

  it('has an accelerator of the other table, a count and a source for every instance', () => {
    expect(SHIPPED_PRICES.instances.size).toBe(data.instances.length)
    for (const { accelerator, count, key } of [
      ...SHIPPED_PRICES.instances.values(),
      ...PRICES_2020.instances.values(),
    ]) {
      expect([key, ACCELERATORS.has(accelerator)]).toEqual([key, true])
      expect(Number.isInteger(count) && count >= 1).toBe(true)
    }
    const sources = Object.keys(data.sources)
    expect(data.instances.filter(row => !sources.includes(row.src))).toEqual([])
  })

  it('ships no price that fails its own checks: 0.02 to 40 dollars an accelerator-hour, spot below on-demand', () => {
    for (const { count, prices, key } of SHIPPED_PRICES.instances.values())
      for (const { usdPerHour, region } of prices) {
        const { 'on-demand': list, spot } = usdPerHour
        if (list !== undefined)
          expect([key, region, list / count > 0.02 && list / count < 40]).toEqual([key, region, true])
        if (list !== undefined && spot !== undefined) expect([key, region, spot < list]).toEqual([key, region, true])
      }
  })

  it('has eight accelerators in an Azure ND96isr_H100_v5, not the twelve of its source', () => {
    expect(instance('azure/Standard_ND96isr_H100_v5').count).toBe(8)
  })
})

describe('prices', () => {
  it('reads a regional list price with its date and source', () => {
    const fact = price('aws/p5.48xlarge', 'us-east-1')
    expect(fact).toMatchObject({
      known: true,
      value: {
        usdPerInstanceHour: 55.04,
        acceleratorsPerInstance: 8,
        pricing: 'on-demand',
        status: 'verified',
        date: '2025-12',
      },
    })
  })

  it('asks for a region where the price depends on it, and lists them', () => {
    const fact = price('aws/p5.48xlarge')
    expect(fact.known).toBe(false)
    expect(!fact.known && fact.missing[0]?.remedy).toContain('us-west-1')
  })

  it('needs no region where every region costs the same', () => {
    expect(price('oci/BM.GPU.H100.8')).toMatchObject({ known: true })
    expect(price('aws/p3.2xlarge')).toMatchObject({ known: true, value: { usdPerInstanceHour: 3.06 } })
  })

  it('takes any region for a provider that has one price for all', () => {
    expect(price('oci/BM.GPU.H100.8', 'eu-frankfurt-1')).toMatchObject({
      known: true,
      value: { region: 'eu-frankfurt-1' },
    })
  })

  it.each([
    ['aws/p5e.48xlarge', 'us-east-2', 'on-demand'],
    ['aws/trn2.48xlarge', undefined, 'on-demand'],
    ['gcp/a4-highgpu-8g', 'us-central1', 'on-demand'],
    ['gcp/n1-standard-8+8xV100', 'us-central1', 'on-demand'],
    ['aws/p5.48xlarge', 'mars-1', 'on-demand'],
    ['aws/p5.48xlarge', 'us-east-1', 'reserved-1y'],
    ['aws/p3.2xlarge', 'us-west-2', 'reserved-1y'],
  ] as const)('leaves a price that is not published unknown, never 0: %s %s %s', (name, region, pricing) => {
    const fact = price(name, region, pricing)
    expect(fact.known).toBe(false)
    expect(!fact.known && fact.missing[0]?.remedy).toBeTruthy()
  })

  it('tells recalled and derived prices from verified ones', () => {
    expect(price('aws/p2.xlarge', 'us-east-1')).toMatchObject({ value: { status: 'recalled' } })
    expect(price('aws/p3.16xlarge', 'eu-west-1')).toMatchObject({ value: { status: 'recalled' } })
    expect(price('aws/p3.2xlarge', 'us-east-1', 'reserved-1y')).toMatchObject({
      value: { status: 'recalled', usdPerInstanceHour: 1.99 },
    })
  })

  it('has the list prices of April 2020 in a snapshot of their own', () => {
    const fact = priceOf(instance('gcp/tpu-v3-8', PRICES_2020), undefined, 'on-demand')
    expect(fact).toMatchObject({ value: { usdPerInstanceHour: 8, acceleratorsPerInstance: 4, status: 'verified' } })
    expect(PRICES_2020.date).toBe('2020-04-15')
  })
})
