/** Preloaded before the action: ends the process when the first input is read, with an exit code that nothing else uses. */
const env = process.env

Object.defineProperty(process, 'env', {
  value: new Proxy(env, {
    get(target, name) {
      if (typeof name === 'string' && name.startsWith('INPUT_')) process.exit(64)
      return target[name]
    },
  }),
})
