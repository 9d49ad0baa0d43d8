import manifest from '../package.json' with { type: 'json' }

/** The version of this build, as its reports name it. */
export const version: string = manifest.version
