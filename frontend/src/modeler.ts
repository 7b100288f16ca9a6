// Edits a diagram of a package: bpmn-js with a panel for clerks, the checker's findings on the elements, drafts that survive a closed browser. Publishes nothing.
//
//   <div data-modeler data-xml-url="…" data-context-url="…" data-check-url="…" data-draft-url="…" data-csrf="…" data-label="活动主流程">what is shown without JavaScript</div>
//
// data-xml-url      BPMN 2.0 XML that the draft starts from
// data-context-url  JSON Context (modeler/context.ts): roles, forms, operations, stages, parameters, texts, …
// data-check-url    POST the XML → {findings: [Finding, …]} (findings.ts)
// data-draft-url    GET and PUT (drafts.ts)
// Forms with data-after-draft are sent only after the draft is saved. When done data-ready is "ok" or "failed"; the element fires 'modeler:saved'.
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import 'bpmn-js/dist/assets/bpmn-font/css/bpmn-embedded.css';
import '@bpmn-io/properties-panel/dist/assets/properties-panel.css';
import 'diagram-js-minimap/assets/diagram-js-minimap.css';
import './modeler.css';
import Modeler from 'bpmn-js/lib/Modeler';
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, ZeebePropertiesProviderModule } from 'bpmn-js-properties-panel';
import ZeebeBehaviors from 'camunda-bpmn-js-behaviors/lib/camunda-cloud';
import minimap from 'diagram-js-minimap';
import { Drafts, sendAfterDraft } from './drafts';
import { type Box, Drawing, FONT, MODDLE } from './drawing';
import { Checker, type Finding, FindingsList } from './findings';
import { type Context, complete } from './modeler/context';
import { Extensions, type Shape } from './modeler/extensions';
import { Names } from './modeler/feel';
import { Handling } from './modeler/handling';
import { Marks } from './modeler/marks';
import { Insertions } from './modeler/palette';
import { PanelProvider } from './modeler/panel';
import { Reach } from './modeler/reach';
import { Room } from './modeler/room';
import { askJson, askText, button, island, make } from './page';
import { translate } from './translate';
import { t } from './words';

const WIDE = '(min-width: 56rem)'; // narrower than this there is no room for diagram and panel
const PALETTE = 116; // pixels at the left that the palette covers
const MARGIN = 20;
const SMALLEST = 0.8;
interface Canvas {
  viewbox(): { inner: Box; outer: Box };
  viewbox(box: Box): void;
  getRootElement(): Shape;
}

async function show(place: HTMLElement): Promise<void> {
  const { xmlUrl = '', label = t('流程图') } = place.dataset;
  const wide = matchMedia(WIDE);
  const narrow = make('div', { class: 'modeler-narrow' }, make('p', { role: 'note' }, t('屏幕太窄，流程图在这里只能看。要修改，请用电脑打开本页，或把窗口拉宽。')));
  const editor = make('div', { class: 'modeler-editor' });
  place.replaceChildren(narrow, editor);
  const begin = async () => {
    if (!wide.matches && narrow.childElementCount === 1) await Drawing.open(narrow, await askText(xmlUrl), { label });
    if (wide.matches && !editor.hasChildNodes()) await edit(place, editor);
  };
  wide.addEventListener('change', () => void begin());
  await begin();
}

async function edit(place: HTMLElement, editor: HTMLElement): Promise<void> {
  const { xmlUrl = '', contextUrl, checkUrl, draftUrl = '', csrf = '', label = t('流程图') } = place.dataset;
  const context = complete(contextUrl ? await askJson<Partial<Context>>(contextUrl) : {});
  const canvasFrame = make('div', { class: 'modeler-canvas', role: 'application', 'aria-label': t('{label}，编辑区', { label }) });
  const panel = make('aside', { class: 'modeler-panel', 'aria-label': t('属性') });
  const bar = make('div', { class: 'modeler-bar', role: 'toolbar', 'aria-label': t('工具') });
  editor.append(bar, canvasFrame, panel);
  const modeler = build(canvasFrame, panel, context);
  const service = <Service,>(name: string) => modeler.get(name) as Service;
  const xml = async () => (await modeler.saveXML({ format: true })).xml ?? '';
  const load = async (given: string) => {
    const { warnings } = await modeler.importXML(given);
    place.dataset.warnings = JSON.stringify((warnings as unknown as { message?: string }[]).map((one) => one.message ?? String(one)));
    fit(service<Canvas>('canvas'));
  };
  const drafts = new Drafts(draftUrl, csrf, xml, load);
  const list = new FindingsList((id) => called(service<{ get(id: string): Shape | undefined }>('elementRegistry').get(id)) || id, (finding) => centre(modeler, finding));
  bar.after(drafts.notice);
  editor.append(list.section);

  const opened = await drafts.open(() => askText(xmlUrl));
  await load(opened.xml);
  bar.append(...tools(modeler), button(t('全屏'), () => void (document.fullscreenElement ? document.exitFullscreen() : editor.requestFullscreen())), drafts.status);

  const checker = checkUrl ? new Checker(checkUrl, csrf, xml, (findings, why) => {
    list.show(findings, why);
    if (findings) service<Marks>('banliMarks').show(findings);
  }) : null;
  modeler.on('commandStack.changed', () => {
    list.wait();
    checker?.later();
    void drafts.changed();
  });
  sendAfterDraft(drafts);
  await checker?.now();
  place.dispatchEvent(new CustomEvent('modeler:opened', { detail: { from: opened.from } }));
  Object.assign(place, { modeler }); // for the tests and the console
}

/** What people would call it: its name, else its kind. */
function called(shape: Shape | undefined): string {
  const { name, $type = '' } = (shape?.businessObject ?? {}) as { name?: string; $type?: string };
  return name ?? (/Gateway$/.test($type) ? t('网关') : $type === 'bpmn:SequenceFlow' ? t('连线') : '');
}

function build(container: HTMLElement, parent: HTMLElement, context: Context): Modeler {
  return new Modeler({
    container,
    propertiesPanel: { parent, feelPopupContainer: parent.parentElement ?? document.body },
    moddleExtensions: MODDLE,
    // 600 ms by default, and number fields do not flush on blur: a number typed just before 保存 would be lost.
    debounceInput: false,
    textRenderer: { defaultStyle: { fontFamily: FONT, fontSize: 12 }, externalStyle: { fontFamily: FONT, fontSize: 12 } },
    banliContext: context,
    additionalModules: [
      BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, ZeebePropertiesProviderModule, ZeebeBehaviors, minimap, { translate: ['value', translate] },
      {
        __init__: ['banliPanel', 'banliInsertions', 'banliReach', 'banliRoom'],
        banliExtensions: ['type', Extensions], banliHandling: ['type', Handling], banliMarks: ['type', Marks], banliPanel: ['type', PanelProvider],
        banliInsertions: ['type', Insertions], banliReach: ['type', Reach], banliRoom: ['type', Room], variableResolver: ['type', Names],
      },
    ],
  } as ConstructorParameters<typeof Modeler>[0]);
}

function tools(modeler: Modeler): HTMLElement[] {
  const stack = modeler.get('commandStack') as { undo(): void; redo(): void; canUndo(): boolean; canRedo(): boolean };
  const zoom = modeler.get('zoomScroll') as { stepZoom(by: number): void };
  const canvas = modeler.get('canvas') as Canvas;
  const search = modeler.get('searchPad') as { toggle(): void };
  const map = modeler.get('minimap') as { toggle(): void };
  const undo = button(t('撤销'), () => stack.undo(), { title: 'Ctrl+Z' });
  const redo = button(t('重做'), () => stack.redo(), { title: 'Ctrl+Y' });
  const refresh = () => {
    undo.disabled = !stack.canUndo();
    redo.disabled = !stack.canRedo();
  };
  modeler.on('commandStack.changed', refresh);
  modeler.on('import.done', refresh);
  refresh();
  return [undo, redo, button(t('放大'), () => zoom.stepZoom(1), { title: 'Ctrl +' }), button(t('缩小'), () => zoom.stepZoom(-1), { title: 'Ctrl -' }), button(t('全图'), () => fit(canvas, 0), { title: 'Ctrl 0' }),
    // after this click, which would close it again
    button(t('查找'), () => setTimeout(() => search.toggle()), { title: 'Ctrl+F' }), button(t('缩略图'), () => map.toggle())];
}

/** The diagram clear of the palette, never larger than life and no smaller than `smallest`; then its beginning shows. */
function fit(canvas: Canvas, smallest = SMALLEST): void {
  const { inner, outer } = canvas.viewbox();
  const scale = Math.max(smallest, Math.min(1, (outer.width - PALETTE - MARGIN) / inner.width, (outer.height - 2 * MARGIN) / inner.height));
  const [width, height] = [outer.width / scale, outer.height / scale];
  canvas.viewbox({ x: inner.x - PALETTE / scale, y: inner.height > height ? inner.y - MARGIN / scale : inner.y - (height - inner.height) / 2, width, height });
}

function centre(modeler: Modeler, finding: Finding): void {
  (modeler.get('banliMarks') as Marks).way(finding.path ?? []);
  const element = (modeler.get('elementRegistry') as { get(id: string): Shape | undefined }).get(finding.element) ?? (modeler.get('canvas') as Canvas).getRootElement();
  (modeler.get('selection') as { select(element: Shape): void }).select(element);
  if (finding.element) (modeler.get('canvas') as { scrollToElement(element: Shape, padding: number): void }).scrollToElement(element, 120);
}

island('modeler', t('流程图'), show);
