import type { Architecture } from './architecture.ts'
import { layersBetween } from './layers.ts'
import { attentionMatrices, denseMatrices, moeMatrices, ssmMatrices, type Matrix } from './matrices.ts'
import { attentionNorms, looseParameters, normParameters, withFamilyBiases } from './parameters.ts'
import { ssmSmallParameters } from './state-space.ts'

/** One line of the parameter count: `each` weights, `times` times (layers). */
export interface ParameterRow {
  readonly name: string
  /** Input × output and copies, in numbers. */
  readonly shape: string
  readonly each: number
  readonly times: number
}

function matrixRow({ module, part, input, output, stored, bias }: Matrix, times: number): ParameterRow {
  const copies = stored === 1 ? '' : ` × ${stored}`
  const shape = bias ? `(${input} × ${output} + ${output})${copies}` : `${input} × ${output}${copies}`
  return { name: `${part}: ${module}`, shape, each: (input * output + (bias ? output : 0)) * stored, times }
}

/**
 * The parameters of a model, matrix by matrix, whose sum is `parametersOf(architecture).total`.
 *
 * Encoder and cross-attention of an encoder–decoder are one line.
 */
export function parameterRows(given: Architecture): readonly ParameterRow[] {
  const architecture = withFamilyBiases(given)
  const { hiddenSize: d, vocabSize, embeddingSize, numLayers, ssm, extras } = architecture
  const counts = layersBetween(architecture, 0, numLayers)
  const rows: ParameterRow[] = []
  const put = (name: string, shape: string, each: number, times = 1): void => {
    if (each !== 0 && times !== 0) rows.push({ name, shape, each, times })
  }
  const putAll = (matrices: readonly Matrix[], times: number): void => {
    if (times > 0) rows.push(...matrices.map(matrix => matrixRow(matrix, times)))
  }
  const loose = looseParameters(architecture)
  put('embedding table', `${vocabSize} × ${embeddingSize}`, loose.table)
  put('positions', `${loose.positions / d} × ${d}`, loose.positions)
  put('embedding projections', `2 × ${embeddingSize} × ${d}`, loose.projections)
  put('embedding norm', '', loose.embeddingNorm)
  const norm = normParameters(d, architecture)
  const norms = extras.normsPerLayer ?? (architecture.ffnSize > 0 || architecture.moe !== null ? 2 : 1)
  if (counts.attentionTotal > 0) {
    putAll(attentionMatrices(architecture), counts.attentionTotal)
    put('norms on heads and ranks', '', attentionNorms(architecture), counts.attentionTotal)
  }
  if (ssm !== null && counts.ssm > 0) {
    putAll(ssmMatrices(d, ssm), counts.ssm)
    const small = ssmSmallParameters(ssm, architecture.family === 'jamba')
    put('state space: convolution, time steps, decay, skip', '', small, counts.ssm)
  }
  if (counts.dense > 0) putAll(denseMatrices(architecture), counts.dense)
  if (counts.moe > 0) putAll(moeMatrices(architecture), counts.moe)
  put('layer norms', `${norms} × ${norm}`, norms * norm, counts.attentionTotal + counts.ssm)
  put('norm that the first layer lacks', '', loose.firstNorm)
  put('encoder and cross-attention', '', loose.encoder)
  put('final norm', '', loose.finalNorm)
  put('pooler', `${d} × ${d} + ${d}`, loose.pooler)
  put('output head', `${embeddingSize} × ${vocabSize}`, loose.head)
  put('bias of the head', `${vocabSize}`, loose.headBias)
  return rows
}
