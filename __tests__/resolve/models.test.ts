import data from '../../data/models.json' with { type: 'json' }
import { modelNamed, MODEL_IDS } from '../../src/resolve/index.ts'

const value = (id: string, fact: 'hiddenSize' | 'headDim' | 'numKvHeads' | 'tiedEmbeddings') => {
  const found = modelNamed(id)?.facts[fact]
  return found?.known === true ? found.value : undefined
}

describe('the registry of models', () => {
  it('reads every row, and every alias leads to its row', () => {
    expect(MODEL_IDS.length).toBe(data.models.length)
    for (const row of data.models) {
      const model = modelNamed(row.id)!
      expect(model.id).toBe(row.id)
      expect(model.facts.numLayers).toMatchObject({ known: true, value: row.num_layers })
      for (const alias of row.aliases) expect(modelNamed(alias)?.id).toBe(row.id)
    }
  })

  it('gives every id and alias to one model alone', () => {
    const names = data.models.flatMap(row => [row.id, ...row.aliases]).map(name => name.toLowerCase())
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })

  it('matches the whole string in any case, and nothing less', () => {
    expect(modelNamed('META-LLAMA/llama-2-7B-HF')?.id).toBe('meta-llama/Llama-2-7b-hf')
    expect(modelNamed('Llama-2-7b')).toBeUndefined()
    expect(modelNamed('')).toBeUndefined()
    expect(modelNamed('__proto__')).toBeUndefined()
  })

  it('lets an alias of a framework answer to that framework alone', () => {
    expect(modelNamed('litgpt:pythia-14m')).toBeDefined()
    expect(modelNamed('pythia-14m')).toBeUndefined()
    expect(modelNamed('torchtune:pythia-14m')).toBeUndefined()
  })

  it('keeps head widths that are not d/n', () => {
    // Gemma-7B: 3072 wide, 16 heads of 256 (google/gemma-7b config.json).
    expect([value('google/gemma-7b', 'hiddenSize'), value('google/gemma-7b', 'headDim')]).toEqual([3072, 256])
  })

  it('reads "no query rank" of DeepSeek-V2-Lite as none, not as 0', () => {
    expect(modelNamed('deepseek-ai/DeepSeek-V2-Lite')?.facts.mla).toMatchObject({ value: { qRank: null, kvRank: 512 } })
  })

  it('says unknown for an attention that it has no formula for, instead of counting it as another', () => {
    expect(modelNamed('Qwen/Qwen3-Next-80B-A3B-Instruct')?.facts.attention?.known).toBe(false)
  })

  it('says which shapes are recalled and not verified', () => {
    const facts = modelNamed('state-spaces/mamba-130m')!.facts
    expect(facts.numLayers).toMatchObject({ origins: [{ kind: 'registry' }] })
    expect(facts.numLayers?.known === true && facts.numLayers.origins[0]?.source).toContain('recalled')
  })
})
