/**
 * Repository-relative paths that a name in a config can mean: beside the file that names it, and from the root.
 * None for URLs, absolute paths, home folders, back-slashes, control characters and paths that leave the repository.
 */
export function candidates(from: string, name: string): readonly string[] {
  const trimmed = name.trim()
  if (trimmed === '' || trimmed.length > 400) return []
  if (/^[/~\\]|^[A-Za-z][A-Za-z0-9+.-]*:|[\\\u0000-\u001f\u007f${}*?]/.test(trimmed)) return []
  const folder = from.includes('/') ? from.slice(0, from.lastIndexOf('/') + 1) : ''
  const both = [normalized(folder + trimmed), normalized(trimmed)]
  return [...new Set(both.filter(path => path !== undefined))].filter(path => path !== from)
}

/** Without `.` and `..`; undefined where it leaves the root or names no file. */
export function normalized(path: string): string | undefined {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (parts.pop() === undefined) return undefined
    } else parts.push(part)
  }
  return parts.length === 0 ? undefined : parts.join('/')
}
