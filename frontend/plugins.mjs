// Corrections of third-party code at build time; each fails the build when what it corrects is no longer there.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The panel's components fall back to English where no translate function reaches them: that fallback becomes ours. */
export const ourWords = {
  name: 'our-words',
  setup(build) {
    build.onLoad({ filter: /@bpmn-io\/properties-panel\/dist\/index\.esm\.js$/ }, ({ path }) => {
      const ours = `import { translate as translateFallback } from ${JSON.stringify(resolve('src/translate.ts'))};\n`;
      return { contents: ours + replaced(path, 'function translateFallback(', 'function englishFallback('), loader: 'js' };
    });
  },
};

/** The FEEL editor puts its rules into a <style> element, which our content policy refuses; a constructed style sheet is allowed. */
export const stylesWithoutElements = {
  name: 'styles-without-elements',
  setup(build) {
    build.onLoad({ filter: /style-mod\/src\/style-mod\.js$/ }, ({ path }) => ({ contents: replaced(path, 'if (!root.head && root.adoptedStyleSheets && win.CSSStyleSheet)', 'if (root.adoptedStyleSheets && win.CSSStyleSheet)'), loader: 'js' }));
  },
};

/** One product's half of the panel is never used; this statement alone keeps it in the bundle (100 kB). */
export const withoutCamunda7 = {
  name: 'without-camunda-7',
  setup(build) {
    build.onLoad({ filter: /bpmn-js-properties-panel\/dist\/index\.esm\.js$/ }, ({ path }) => ({ contents: replaced(path, "CamundaPlatformPropertiesProvider.$inject = ['propertiesPanel', 'injector'];", ''), loader: 'js' }));
  },
};

function replaced(path, old, made) {
  const text = readFileSync(path, 'utf8');
  if (text.split(old).length !== 2) throw new Error(`${path} does not have exactly one "${old}"`);
  return text.replace(old, made);
}
