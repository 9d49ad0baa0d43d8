import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/** A proxy on loopback, whose tunnels all lead to one port, whatever name is asked for. */
export interface Tunnels {
  readonly url: string
  /** `host:port` of each tunnel that was asked for. */
  readonly asked: readonly string[]
  readonly close: () => Promise<void>
}

export async function startTunnels(port: number): Promise<Tunnels> {
  const asked: string[] = []
  const proxy = createServer()
  proxy.on('connect', (request, client) => {
    asked.push(request.url ?? '')
    const server = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      server.pipe(client).pipe(server)
    })
    for (const end of [server, client]) end.on('error', () => end.destroy())
  })
  await new Promise<void>(done => proxy.listen(0, '127.0.0.1', done))
  return {
    // A TCP server has an address and port, and this one listens.
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      proxy.closeAllConnections()
      await new Promise(done => proxy.close(done))
    },
  }
}
