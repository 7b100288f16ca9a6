// Bundles the pages' style sheet and islands into adapters/web/static/dist; checks the types first. Called by hatch_build.py.
import * as esbuild from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { ICONS } from './icons.mjs';
import { ourSlips, ourWords, stylesWithoutElements, withoutCamunda7 } from './plugins.mjs';

const DIST = '../adapters/web/static/dist';
const MAKING = `${DIST}.new`; // takes the place of DIST only when everything in it is there
const ISLANDS = ['site', 'diagram', 'upload', 'modeler', 'compare', 'timemachine', 'dmn', 'scheme'];
const started = performance.now();

const types = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'], { stdio: 'inherit' });
if (types.status !== 0) process.exit(1);

rmSync(MAKING, { recursive: true, force: true });
mkdirSync(MAKING, { recursive: true });
const built = await esbuild.build({
  entryPoints: Object.fromEntries(ISLANDS.map((name) => [name, `src/${name}.ts`])),
  outdir: MAKING, entryNames: '[name]', chunkNames: 'chunks/[hash]', bundle: true, splitting: true, minify: true, format: 'esm', target: 'es2022',
  jsx: 'automatic', jsxImportSource: '@bpmn-io/properties-panel/preact', plugins: [ourSlips, ourWords, stylesWithoutElements, withoutCamunda7],
  loader: { '.woff': 'dataurl', '.woff2': 'dataurl', '.ttf': 'dataurl', '.eot': 'empty', '.svg': 'dataurl' },
  legalComments: 'none', metafile: true, logLevel: 'warning',
});
writeFileSync(`${MAKING}/icons.svg`, sprite(ICONS));
const packages = new Set(['node_modules/@tabler/icons', ...bundledPackages(built.metafile)]);
writeFileSync(`${MAKING}/THIRD-PARTY-LICENSES.txt`, [...packages].sort().map(licence).join('\n'));

rmSync(DIST, { recursive: true, force: true });
renameSync(MAKING, DIST);

for (const file of readdirSync(DIST, { recursive: true }).filter((name) => name.includes('.')).sort()) {
  const bytes = readFileSync(`${DIST}/${file}`);
  console.log(`${file.padEnd(28)}${kB(bytes)} kB${kB(gzipSync(bytes, { level: 9 }))} kB gz`);
}
console.log(`${packages.size} packages bundled, ${Math.round(performance.now() - started)} ms`);

function kB(bytes) {
  return (bytes.length / 1024).toFixed(1).padStart(9);
}

function sprite(names) {
  const symbols = names.map((name) => {
    const svg = readFileSync(`node_modules/@tabler/icons/icons/outline/${name}.svg`, 'utf8');
    const body = svg.replace(/<!--[\s\S]*?-->/g, '').replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, '').replace(/\s*\n\s*/g, '');
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${body}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('\n')}</svg>\n`;
}

function bundledPackages(metafile) {
  const folders = Object.keys(metafile.inputs).map((path) => path.match(/.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]);
  return folders.filter(Boolean);
}

// bpmn-js's licence is not a legal comment in its code, so esbuild alone would miss it: every package's own file is copied.
function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(`${folder}/${file}`, 'utf8').trim() : `(the package holds no licence file; its package.json says ${license})`;
  return `==== ${name} ${version} (${typeof license === 'string' ? license : 'see below'})\n${text}\n`;
}
