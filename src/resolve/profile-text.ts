import { acceleratorNamed } from './accelerators.ts'
import { instanceNamed, SHIPPED_PRICES, type PriceSnapshot } from './prices.ts'

/** A profile in one line, of catalog entries alone: `64 x H100-SXM`, `64 x aws/p5.48xlarge@us-east-1`, `8 x A100-80GB`. */
export interface ProfileText {
  /** Accelerators of the whole job; absent where the text gives no count. */
  readonly accelerators?: number
  readonly accelerator?: string
  readonly instance?: string
  readonly region?: string
}

/**
 * Reads a profile of one line. The count is of accelerators, also before an instance, as in the policy's `accelerators`.
 *
 * @returns undefined where the text names nothing that the catalog has
 */
export function profileFromText(text: string, snapshot: PriceSnapshot = SHIPPED_PRICES): ProfileText | undefined {
  if (text.length > 200) return undefined
  const counted = /^\s*(\d{1,7})\s*[x×*]\s*(\S.*)$/i.exec(text)
  const accelerators = counted === null ? undefined : Number(counted[1])
  if (accelerators === 0) return undefined
  const [, name, region] = /^\s*([^@]*[^@\s])\s*(?:@\s*([\w-]+)\s*)?$/.exec(counted?.[2] ?? text) ?? []
  if (name === undefined) return undefined
  const count = accelerators === undefined ? {} : { accelerators }
  const place = region === undefined ? {} : { region }
  if (instanceNamed(name, snapshot).known) return { ...count, instance: name, ...place }
  if (region === undefined && acceleratorNamed(name).known) return { ...count, accelerator: name }
  return undefined
}
