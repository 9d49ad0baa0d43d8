/** One self-contained page: no script, no address that a browser would fetch, light and dark, on paper too. */
import { escaped, html, sheet, type SafeHtml } from './hypertext.ts'

/** Text has at least 4.5 : 1 against what it stands on, marks of a chart 3 : 1, in both schemes. */
const STYLE = sheet`
:root {
  color-scheme: light dark;
  --back: #ffffff; --text: #1f2328; --quiet: #59636e; --line: #d1d9e0; --soft: #f6f8fa; --link: #0550ae;
  --up: #b62324; --down: #1a7f37; --warn: #7d4e00; --main: #0969da; --band: #9cc8f7;
  --part1: #0969da; --part2: #8250df; --part3: #bc4c00; --part4: #1a7f37; --part5: #9a6700; --part6: #6e7781;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0d1117; --text: #f0f6fc; --quiet: #9198a1; --line: #3d444d; --soft: #151b23; --link: #6cb0ff;
    --up: #ff7b72; --down: #3fb950; --warn: #d29922; --main: #4493f8; --band: #1f4d85;
    --part1: #4493f8; --part2: #ab7df8; --part3: #f0883e; --part4: #3fb950; --part5: #d29922; --part6: #8b949e;
  }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
main, header, footer { max-width: 1080px; margin: 0 auto; padding: 0 16px }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 24px 0 8px }
h2 { font-size: 1.15rem; margin: 32px 0 8px }
p, ul { margin: 8px 0 }
ul { padding-left: 20px }
li { margin: 6px 0 }
a { color: var(--link) }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; border-radius: 3px }
code { font: .875em ui-monospace, monospace; background: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: 0 4px }
.figure, .number, svg text { font-variant-numeric: tabular-nums }
footer, figcaption, caption { color: var(--quiet) }
.mark { font-weight: 600; font-size: .8em; text-transform: uppercase; letter-spacing: .04em; border: 1px solid; border-radius: 4px; padding: 1px 6px }
.pass { color: var(--down) }
.warn { color: var(--warn) }
.fail { color: var(--up) }
.note { color: var(--quiet) }
.scroll { overflow-x: auto; margin: 8px 0 }
table { border-collapse: collapse; width: max-content; font-size: .9rem; overflow-wrap: normal }
caption { text-align: left; padding: 4px 0; font-size: .85rem }
th, td { border-bottom: 1px solid var(--line); padding: 6px 12px; text-align: left; vertical-align: top; max-width: 62ch }
th { background: var(--soft); white-space: nowrap }
.number { text-align: right; white-space: nowrap }
details { border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; margin: 8px 0 }
summary { cursor: pointer; font-weight: 600 }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 16px 32px; align-items: start }
figure { margin: 8px 0; min-width: 0 }
figcaption { font-size: .9rem }
svg { display: block; width: 100%; height: auto; max-width: 480px }
svg.wide { max-width: 1080px }
svg text { fill: var(--text); font: 13px system-ui, sans-serif; paint-order: stroke; stroke: var(--back); stroke-width: 3px }
svg .quiet { fill: var(--quiet); font-size: 12px }
.axis { stroke: var(--line) }
.zero { stroke: var(--quiet) }
.band { fill: var(--band) }
.main { fill: var(--main) }
.before { fill: var(--quiet) }
.line { fill: none; stroke: var(--main); stroke-width: 2 }
.dot { fill: var(--back); stroke: var(--main); stroke-width: 2 }
.out { stroke: var(--up) }
.here { fill: var(--main) }
.up { fill: var(--up) }
.down { fill: var(--down) }
.tick { stroke: var(--text); stroke-width: 2 }
.limit { stroke: var(--up); stroke-width: 2; stroke-dasharray: 4 3 }
.part1 { fill: var(--part1) }
.part2 { fill: var(--part2) }
.part3 { fill: var(--part3) }
.part4 { fill: var(--part4) }
.part5 { fill: var(--part5) }
.part6 { fill: var(--part6) }
footer { border-top: 1px solid var(--line); margin-top: 40px; padding: 16px; font-size: .85rem }
.skip { position: absolute; left: -999px }
.skip:focus { left: 8px; top: 8px; background: var(--back); padding: 8px }
@media (max-width: 760px) {
  table { width: 100% }
  th, td { padding: 6px }
  th, .number { white-space: normal }
}
@media print {
  :root {
    color-scheme: light;
    --back: #ffffff; --text: #000000; --quiet: #444444; --line: #bbbbbb; --soft: #ffffff; --link: #000000;
    --up: #8a1414; --down: #14592a; --warn: #5c3a00; --main: #0a4c9c; --band: #b9d3ef;
  }
  details::details-content { content-visibility: visible; block-size: auto; height: auto }
  .scroll { overflow: visible }
  table { width: auto; font-size: .75rem }
  figure, tr { break-inside: avoid }
  .skip { display: none }
}
`

/**
 * @param title plain text, for the tab and the bookmark
 * @param body header, main and footer
 */
export function pageOf(title: string, body: SafeHtml): string {
  // The policy of the page itself: whatever a name might smuggle in, nothing is fetched and nothing runs.
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="referrer" content="no-referrer" />
        <title>${escaped(title, 200)}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the numbers</a>
        ${body}
      </body>
    </html> `
}
