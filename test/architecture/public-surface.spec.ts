import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
}

const manifest = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as Manifest;
const doors = Object.keys(manifest.exports).filter((door) => door !== './package.json');

// A name that appears here is a promise; one that disappears breaks somebody's build.
// Accept an intended change with `npm run jest -- test/architecture -u` and mention it in CHANGELOG.md.
describe('public surface', () => {
  it.each(doors)('of %s is what was agreed', (door) => {
    const names = Object.keys(jest.requireActual<object>(join('plexspaces', door)));
    expect(names.sort()).toMatchSnapshot();
  });
});
