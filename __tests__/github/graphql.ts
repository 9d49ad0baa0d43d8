import type { Parsed } from './parsed.ts'
import { schema as github } from '@octokit/graphql-schema'
import {
  buildSchema,
  execute,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql'
import { filesOfPull, resolveRef } from './code-routes.ts'
import type { TreeEntry } from './git-store.ts'
import type { Site } from './render.ts'
import { nodeFault } from './limits.ts'
import {
  type Author,
  type Comment,
  type Pull,
  type Repository,
  type Scope,
  type Token,
  userNamed,
  visibleRepository,
} from './state.ts'

interface Context {
  readonly site: Site
  readonly token: Token
  readonly violate: (what: string) => void
  /** Objects that the query has looked up so far. */
  objects: number
}
type Page = { readonly first?: number | null; readonly after?: string | null; readonly last?: number | null }

const TEXT_LIMIT = 512_000 // bytes of a blob's text before GitHub cuts it

let schema: GraphQLSchema | undefined
function githubSchema(): GraphQLSchema {
  schema ??= buildSchema(github.idl, { assumeValid: true })
  return schema
}

/** Executes any query over GitHub's own schema. What the schema has but this GitHub does not simulate is a violation, not null. */
export async function answerGraphql(asked: Omit<Context, 'objects'>, body: Parsed): Promise<unknown> {
  const context: Context = { ...asked, objects: 0 }
  const fail = (message: string) => {
    context.violate(`graphql: ${message}`)
    return { errors: [{ message }] }
  }
  if (typeof body?.query !== 'string') return fail('the body has no query')
  for (const key of Object.keys(body))
    if (!['query', 'variables', 'operationName'].includes(key)) context.violate(`graphql: unknown key ${key}`)
  const document = (() => {
    try {
      return parse(body.query)
    } catch (error) {
      return String(error)
    }
  })()
  if (typeof document === 'string') return fail(document)
  const invalid = validate(githubSchema(), document)
  if (invalid.length > 0) return fail(invalid.map(error => error.message).join('; '))
  if (getOperationAST(document)?.operation !== OperationTypeNode.QUERY) return fail('only queries are simulated')
  const tooMany = nodeFault(document, body.variables)
  if (tooMany !== undefined) return fail(tooMany)
  const result = await execute({
    schema: githubSchema(),
    document,
    rootValue: root(context),
    contextValue: context,
    variableValues: body.variables ?? {},
    fieldResolver,
  })
  const errors = result.errors?.map(error => ({
    type: error.extensions.type,
    ...error.toJSON(),
    extensions: undefined,
  }))
  return { data: result.data, ...(errors === undefined ? {} : { errors }) }
}

const fieldResolver: GraphQLFieldResolver<Parsed, Context> = (source, args, context, info) => {
  if (!Object.hasOwn(source, info.fieldName)) {
    context.violate(`graphql: ${info.parentType.name}.${info.fieldName} is not simulated`)
    throw new GraphQLError(`${info.parentType.name}.${info.fieldName} is not simulated`)
  }
  const property: unknown = source[info.fieldName]
  return typeof property === 'function' ? property(args, context) : property
}

function need(token: Token, ...scopes: readonly Scope[]): void {
  if (scopes.some(scope => token.permissions[scope] !== 'none')) return
  throw new GraphQLError('Resource not accessible by integration', { extensions: { type: 'FORBIDDEN' } })
}

function root(context: Context) {
  const { site, token } = context
  return {
    viewer: { __typename: 'User', login: token.login, id: String(userNamed(site.world, token.login).id) },
    rateLimit: { limit: 5000, cost: 1, remaining: 4999, used: 1, nodeCount: 1, resetAt: '2033-05-18T03:33:20Z' },
    repository({ owner, name }: { owner: string; name: string }) {
      const found = visibleRepository(site.world, token, `${owner}/${name}`)
      if (found !== undefined) return repositoryNode(context, found)
      const message = `Could not resolve to a Repository with the name '${owner}/${name}'.`
      throw new GraphQLError(message, { extensions: { type: 'NOT_FOUND' } })
    },
  }
}

function repositoryNode(context: Context, repository: Repository) {
  const { site, token } = context
  const ref = async (qualifiedName: string) => {
    need(token, 'contents')
    const full = qualifiedName.startsWith('refs/') ? qualifiedName : `refs/heads/${qualifiedName}`
    const sha = await repository.git.resolve(full)
    if (sha === undefined) return null
    const [, , prefix = ''] = /^((refs\/[^/]+\/).*)$/.exec(full) ?? []
    return { id: full, name: full.slice(prefix.length), prefix, target: () => commitNode(repository, sha) }
  }
  return {
    id: String(repository.id),
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: repository.fullName,
    isPrivate: repository.private,
    isFork: false,
    url: `${site.web}/${repository.fullName}`,
    owner: actor(context, repository.owner),
    defaultBranchRef: () => ref(repository.defaultBranch),
    ref: ({ qualifiedName }: { qualifiedName: string }) => ref(qualifiedName),
    object: ({ expression, oid }: { expression?: string | null; oid?: string | null }) => {
      need(token, 'contents')
      if (++context.objects > site.world.limits.objectsPerQuery)
        throw new GraphQLError('Resource limits for this query exceeded.', {
          extensions: { type: 'RESOURCE_LIMITS_EXCEEDED' },
        })
      return objectNode(repository, expression ?? oid ?? '')
    },
    pullRequest: ({ number }: { number: number }) => {
      need(token, 'pull-requests')
      const pull = repository.pulls.find(found => found.number === number)
      if (pull !== undefined) return pullNode(context, repository, pull)
      const message = `Could not resolve to a PullRequest with the number of ${number}.`
      throw new GraphQLError(message, { extensions: { type: 'NOT_FOUND' } })
    },
  }
}

/** `REVISION`, or `REVISION:PATH`; null where there is no such object, as GitHub answers. */
async function objectNode(repository: Repository, expression: string) {
  const colon = expression.indexOf(':')
  const sha = await resolveRef(repository, colon < 0 ? expression : expression.slice(0, colon))
  if (sha === undefined) return colon < 0 ? blobNode(repository, expression) : null
  if (colon < 0) return commitNode(repository, sha)
  const path = expression.slice(colon + 1)
  const entries = (await repository.git.tree(sha, true)) ?? []
  if (path === '') return treeNode(repository, (await repository.git.commitObject(sha))!.tree, '', entries)
  const entry = entries.find(found => found.path === path)
  return entry === undefined ? null : entryNode(repository, entry, entries)
}

function entryNode(repository: Repository, entry: TreeEntry, entries: readonly TreeEntry[]) {
  if (entry.type === 'commit') return null // a submodule's commit is in another repository
  return entry.type === 'blob'
    ? blobNode(repository, entry.sha)
    : treeNode(repository, entry.sha, `${entry.path}/`, entries)
}

async function blobNode(repository: Repository, oid: string) {
  const bytes = await repository.git.blob(oid)
  if (bytes === undefined) return null
  const isBinary = bytes.subarray(0, 8000).includes(0)
  return {
    __typename: 'Blob',
    ...{ id: oid, oid, abbreviatedOid: oid.slice(0, 7), byteSize: bytes.length, isBinary },
    isTruncated: !isBinary && bytes.length > TEXT_LIMIT,
    text: isBinary ? null : bytes.subarray(0, TEXT_LIMIT).toString('utf8'),
  }
}

function treeNode(repository: Repository, oid: string, prefix: string, all: readonly TreeEntry[]) {
  const inside = all.filter(entry => entry.path.startsWith(prefix) && !entry.path.slice(prefix.length).includes('/'))
  return {
    __typename: 'Tree',
    ...{ id: oid, oid, abbreviatedOid: oid.slice(0, 7) },
    entries: () =>
      inside.map(entry => ({
        ...{ name: entry.path.slice(prefix.length), path: entry.path, type: entry.type, oid: entry.sha },
        ...{ mode: Number.parseInt(entry.mode, 8), size: entry.size ?? 0 },
        object: () => entryNode(repository, entry, all),
      })),
  }
}

async function commitNode(repository: Repository, sha: string) {
  const commit = (await repository.git.commitObject(sha))!
  return {
    __typename: 'Commit',
    ...{ id: sha, oid: sha, abbreviatedOid: sha.slice(0, 7), message: commit.message },
    messageHeadline: commit.message.split('\n')[0],
    committedDate: commit.committer.date,
    authoredDate: commit.author.date,
    tree: async () => treeNode(repository, commit.tree, '', (await repository.git.tree(sha, true)) ?? []),
    parents: (page: Page) => connection(commit.parents, page, parent => commitNode(repository, parent)),
  }
}

/** The author as GraphQL shows it: a bot's login lacks the suffix that REST gives it. */
function actor({ site }: Context, login: Author) {
  if (login === null) return null
  const user = userNamed(site.world, login)
  const shown = login.replace(/\[bot\]$/, '')
  return { __typename: user.type, id: String(user.id), databaseId: user.id, login: shown, url: `${site.web}/${shown}` }
}

function pullNode(context: Context, repository: Repository, pull: Pull) {
  const { site } = context
  const counts = () => filesOfPull(repository, pull)
  const labeled = pull.events.filter(({ event }) => event === 'labeled' || event === 'unlabeled')
  return {
    ...{ id: String(pull.id), number: pull.number, title: pull.title, body: pull.body ?? '', state: 'OPEN' },
    ...{ isDraft: pull.draft, locked: pull.locked, createdAt: pull.createdAt, closed: false, merged: false },
    ...{
      headRefOid: pull.headSha,
      headRefName: pull.head.split(':').at(-1),
      isCrossRepository: pull.head.includes(':'),
    },
    ...{ baseRefOid: pull.baseSha, baseRefName: pull.base, mergeable: pull.mergeSha ? 'MERGEABLE' : 'CONFLICTING' },
    url: `${site.web}/${repository.fullName}/pull/${pull.number}`,
    author: actor(context, pull.author),
    changedFiles: async () => (await counts()).files.length,
    additions: async () => (await counts()).files.reduce((sum, file) => sum + file.additions, 0),
    deletions: async () => (await counts()).files.reduce((sum, file) => sum + file.deletions, 0),
    labels: (page: Page) => connection(pull.labels, page, name => ({ id: name, name })),
    comments: (page: Page) => connection(pull.comments, page, comment => commentNode(context, repository, comment)),
    timelineItems: ({ itemTypes, ...page }: Page & { itemTypes?: readonly string[] | null }) => {
      const wanted = labeled.filter(({ event }) => itemTypes?.includes(`${event.toUpperCase()}_EVENT`) ?? true)
      return connection(wanted, page, event => ({
        __typename: event.event === 'labeled' ? 'LabeledEvent' : 'UnlabeledEvent',
        ...{ id: String(event.id), createdAt: event.at, actor: actor(context, event.actor) },
        label: { id: event.label, name: event.label },
      }))
    },
  }
}

function commentNode(context: Context, repository: Repository, comment: Comment) {
  const { site, token } = context
  return {
    ...{ id: Buffer.from(`IssueComment:${comment.id}`).toString('base64'), databaseId: comment.id, body: comment.body },
    ...{ createdAt: comment.createdAt, updatedAt: comment.updatedAt, isMinimized: comment.minimized },
    viewerDidAuthor: comment.author === token.login,
    author: actor(context, comment.author),
    url: `${site.web}/${repository.fullName}/pull/${comment.pull}#issuecomment-${comment.id}`,
  }
}

function connection<T>(all: readonly T[], { first, after, last }: Page, node: (item: T) => unknown) {
  const size = first ?? last
  if (size === undefined || size === null)
    throw new GraphQLError('You must provide a `first` or `last` value to properly paginate the connection.')
  if (size < 0 || size > 100)
    throw new GraphQLError(`Requesting ${size} records on the connection exceeds the limit of 100 records.`)
  const cursor = (index: number) => Buffer.from(`cursor:${index}`).toString('base64')
  const past =
    typeof after === 'string' ? Number(Buffer.from(after, 'base64').toString().slice('cursor:'.length)) + 1 : 0
  const start = typeof first === 'number' ? past : Math.max(past, all.length - size)
  const shown = all.slice(start, start + size)
  return {
    totalCount: all.length,
    nodes: () => shown.map(node),
    edges: () => shown.map((item, i) => ({ cursor: cursor(start + i), node: node(item) })),
    pageInfo: {
      hasNextPage: start + shown.length < all.length,
      hasPreviousPage: start > 0,
      startCursor: shown.length === 0 ? null : cursor(start),
      endCursor: shown.length === 0 ? null : cursor(start + shown.length - 1),
    },
  }
}
