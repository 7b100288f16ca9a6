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

/** What the FEEL editor says of a slip while one types is English and names nodes of its grammar: it becomes ours. */
export const ourSlips = {
  name: 'our-slips',
  setup(build) {
    build.onLoad({ filter: /@bpmn-io\/feel-lint\/dist\/index\.js$/ }, ({ path }) => {
      const ours = [
        ['message.message = `Unrecognized token in <${parent.name}>`', "message.message = t('这里写法有误')"],
        ['message.message = `Unrecognized token <${next.name}> in <${parent.name}>`', "message.message = t('这里写法有误')"],
        ['message.message = `Incomplete <${ (before || parent).name }>`', "message.message = t('没有写完')"],
        ["message: 'First item is accessed via [1]'", "message: t('第一项写作 [1]')"],
      ].reduce((text, [old, made]) => exchanged(text, path, old, made), readFileSync(path, 'utf8'));
      return { contents: `import { t } from ${JSON.stringify(resolve('src/words.ts'))};\n${ours}`, loader: 'js' };
    });
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
  return exchanged(readFileSync(path, 'utf8'), path, old, made);
}

function exchanged(text, path, old, made) {
  if (text.split(old).length !== 2) throw new Error(`${path} does not have exactly one "${old}"`);
  return text.replace(old, () => made);
}
