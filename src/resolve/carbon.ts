import { absent, known, type Fact } from '../facts/index.ts'
import data from '../../data/carbon.json' with { type: 'json' }

interface RegionRow {
  readonly provider: string
  readonly region: string
  readonly g_per_kwh: number
  readonly year: number
  readonly source: string
}

interface PueRow {
  readonly pue: number
  readonly status: string
}

// The file's shape is held by __tests__/resolve/carbon.test.ts.
const regions: readonly RegionRow[] = data.regions
const pues = new Map<string, PueRow>(Object.entries(data.pue))
const cites = new Map(Object.entries(data.sources).map(([id, source]) => [id, source.cite]))

/** kg CO2e per kWh of a region's grid: yearly average, by location. Without a provider the region is a country code. */
export function carbonOf(provider: string | undefined, region: string | undefined): Fact<number> {
  const wanted = region?.trim().toLowerCase()
  const places = [provider ?? 'generic', 'generic']
  for (const place of places) {
    const row = regions.find(r => r.provider === place && r.region.toLowerCase() === wanted)
    if (row !== undefined)
      return known(row.g_per_kwh / 1000, {
        kind: 'registry',
        source: `${cites.get(row.source) ?? row.source}, ${row.year} (${row.provider}/${row.region})`,
      })
  }
  return absent(
    'carbon intensity',
    region === undefined ? 'the profile names no region' : `data/carbon.json has no figure for ${region.slice(0, 60)}`,
    'name a region that data/carbon.json has',
  )
}

/** Power usage effectiveness of a provider's halls; the industry's average, as an assumption, for one that publishes none. */
export function pueOf(provider: string | undefined): Fact<number> {
  const own = provider === undefined ? undefined : pues.get(provider)
  if (own !== undefined)
    return known(own.pue, {
      kind: own.status === 'assumption' ? 'assumed' : 'registry',
      source: `data/carbon.json, ${provider} (${own.status})`,
    })
  return known(data.pue.generic.pue, {
    kind: 'assumed',
    source: 'Uptime Institute survey average 2024, data/carbon.json',
  })
}
