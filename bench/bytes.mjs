import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { transform } from 'esbuild'

const kilobytes = bytes => `${(bytes / 1000).toFixed(0)} kB`

/** JavaScript of one folder of dist/: what is loaded at once, and what only when it is needed. */
async function sizeOf(folder, name) {
  const chunks = readdirSync(folder).filter(file => /\.[cm]?js$/.test(file))
  const contents = chunks.map(file => readFileSync(join(folder, file)))
  const total = contents.reduce((sum, content) => sum + content.length, 0)
  const zipped = contents.reduce((sum, content) => sum + gzipSync(content).length, 0)
  const minified = await Promise.all(contents.map(content => transform(content.toString('utf8'), { minify: true })))
  const small = minified.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0)
  const main = contents[chunks.indexOf('index.js')]
  const rest = chunks.length > 1 ? `, ${chunks.length - 1} lazy chunks ${kilobytes(total - main.length)}` : ''
  return [
    [`${name} index.js${rest}`, kilobytes(total), '', ''],
    [
      `${name} minified, and its share of the committed bytes`,
      kilobytes(small),
      kilobytes(total),
      `× ${(small / total).toFixed(2)}`,
    ],
    [`${name} gzipped`, kilobytes(zipped), kilobytes(total), `× ${(zipped / total).toFixed(2)}`],
  ]
}

export async function bytes(root) {
  return [...(await sizeOf(join(root, 'dist'), 'dist/')), ...(await sizeOf(join(root, 'dist/cli'), 'dist/cli/'))]
}
