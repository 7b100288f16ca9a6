// Shows or edits decision tables of a package: dmn-js in Chinese, the table checker's findings under it, drafts. Evaluates nothing.
//
//   <div data-dmn data-xml-url="…" data-mode="view" data-label="入围条件">what is shown without JavaScript: the table in HTML</div>
//   <div data-dmn data-xml-url="…" data-mode="edit" data-context-url="…" data-check-url="…" data-draft-url="…" data-csrf="…" data-label="入围条件">…</div>
//
// data-decision  id of the decision to open first
// data-…-url     as in modeler.ts (of the context only `functions` is used); a finding's element is the id of a decision, rule, input or output
// data-fired     JSON {decision id: [row, …]}, 1-based: the rows that applied in a recorded evaluation are marked
// When done data-ready is "ok" or "failed".
import 'dmn-js/dist/assets/diagram-js.css';
import 'dmn-js/dist/assets/dmn-js-shared.css';
import 'dmn-js/dist/assets/dmn-js-drd.css';
import 'dmn-js/dist/assets/dmn-js-decision-table.css';
import 'dmn-js/dist/assets/dmn-js-decision-table-controls.css';
import 'dmn-js/dist/assets/dmn-js-literal-expression.css';
import 'dmn-js/dist/assets/dmn-js-boxed-expression.css';
import 'dmn-js/dist/assets/dmn-js-boxed-expression-controls.css';
import 'dmn-js/dist/assets/dmn-font/css/dmn-embedded.css';
import './dmn.css';
import DmnModeler from 'dmn-js/lib/Modeler';
import DmnViewer from 'dmn-js/lib/NavigatedViewer';
import { Drafts, sendAfterDraft } from './drafts';
import { Checker, type Finding, FindingsList } from './findings';
import { type Context, complete } from './modeler/context';
import { functions } from './modeler/functions';
import { askJson, askText, button, island, make } from './page';
import chinese from './locale/dmn-js.zh-CN.json';
import { translator } from './translator';
import { t } from './words';

interface Node { $type: string; id: string; name?: string; decisionLogic?: Node; rule?: Node[]; input?: Node[]; output?: Node[] }
interface View { id: string; type: string; element: Node; name?: string }
interface Manager {
  importXML(xml: string): Promise<{ warnings: { message?: string }[] }>;
  saveXML(options: { format: boolean }): Promise<{ xml: string }>;
  getViews(): View[];
  getActiveView(): View | undefined;
  open(view: View): Promise<unknown>;
  on(event: string, act: (event: { viewer?: { on(event: string, act: () => void): void } }) => void): void;
}

async function show(place: HTMLElement): Promise<void> {
  const { xmlUrl = '', mode = 'view', contextUrl, checkUrl, draftUrl, csrf = '', decision, label = t('决策表') } = place.dataset;
  const editing = mode === 'edit';
  const frame = make('div', { class: 'dmn-frame', 'aria-label': label, role: 'region', tabindex: '0' });
  const manager = build(editing, frame, complete(contextUrl ? await askJson<Partial<Context>>(contextUrl) : {}));
  const fired = JSON.parse(place.dataset.fired ?? '{}') as Record<string, number[]>;
  new MutationObserver(() => {
    amend(frame);
    markFired(frame, manager.getActiveView()?.element, fired);
  }).observe(frame, { childList: true, subtree: true });
  const xml = async () => (await manager.saveXML({ format: true })).xml;
  const load = async (given: string) => {
    const { warnings } = await manager.importXML(given);
    place.dataset.warnings = JSON.stringify(warnings.map((one) => one.message ?? String(one)));
    const first = manager.getViews().find((view) => (decision ? view.element.id === decision : view.type !== 'drd'));
    if (first) await manager.open(first);
  };
  const tabs = make('div', { class: 'dmn-tabs btn-group', role: 'group', 'aria-label': t('视图') });
  manager.on('views.changed', () => tabs.replaceChildren(...views(manager)));
  place.replaceChildren(tabs, frame);
  if (!editing) {
    await load(await askText(xmlUrl));
    return;
  }
  const list = new FindingsList((id) => nameOf(manager, id), (finding) => void reveal(manager, frame, finding));
  const checker = checkUrl ? new Checker(checkUrl, csrf, xml, (findings, why) => list.show(findings, why)) : null;
  const drafts = draftUrl ? new Drafts(draftUrl, csrf, xml, load) : null;
  if (drafts) sendAfterDraft(drafts);
  tabs.after(make('div', { class: 'dmn-status' }, ...(drafts ? [drafts.status, drafts.notice] : [])));
  place.append(list.section);
  const opened = drafts ? await drafts.open(() => askText(xmlUrl)) : { xml: await askText(xmlUrl) };
  manager.on('viewer.created', ({ viewer }) => viewer?.on('commandStack.changed', () => {
    list.wait();
    checker?.later();
    void drafts?.changed();
  }));
  await load(opened.xml);
  await checker?.now();
}

const translate = translator(chinese);

/** The empty corner above the row numbers is no heading; a table wider than the page is moved by keys too; the viewer shows types untranslated. */
function amend(frame: HTMLElement): void {
  frame.querySelectorAll('th.index-column:not([role])').forEach((corner) => corner.setAttribute('role', 'none'));
  for (const type of frame.querySelectorAll(':is(.input-variable, .output-variable)')) {
    const words = type.firstChild;
    if (words?.nodeValue && Object.hasOwn(chinese, words.nodeValue)) words.nodeValue = translate(words.nodeValue);
  }
  frame.querySelectorAll('.tjs-table-container:not([tabindex])').forEach((table) => table.setAttribute('tabindex', '0'));
}

function markFired(frame: HTMLElement, decision: Node | undefined, fired: Record<string, number[]>): void {
  const rows = decision ? (fired[decision.id] ?? []) : [];
  frame.querySelectorAll('tbody tr').forEach((row, index) => row.classList.toggle('dmn-fired', rows.includes(index + 1)));
}

function build(editing: boolean, container: HTMLElement, context: Context): Manager {
  const additionalModules = [{ translate: ['value', translate] }];
  const languages = { expressionLanguages: { options: [{ value: 'feel', label: 'FEEL' }], defaults: { editor: 'feel' } } };
  const feelLanguageContext = context.functions.length ? { builtins: functions(context) } : {};
  const options = {
    container, keyboard: { bindTo: container }, common: { feelLanguageContext },
    drd: { additionalModules, drillDown: { enabled: true } },
    decisionTable: { additionalModules, ...languages },
    literalExpression: { additionalModules, ...languages },
    boxedExpression: { additionalModules, ...languages },
  };
  return (editing ? new DmnModeler(options) : new DmnViewer(options)) as Manager;
}

function views(manager: Manager): HTMLElement[] {
  const active = manager.getActiveView()?.element;
  return manager.getViews().map((view) => {
    const words = view.type === 'drd' ? t('决策关系图') : (view.element.name ?? view.element.id);
    return button(words, () => void manager.open(view), { 'aria-pressed': String(view.element === active), class: `btn btn-sm${view.element === active ? ' btn-primary' : ''}` });
  });
}

function parts(node: Node): Node[] {
  const logic = node.decisionLogic;
  return [node, ...(logic ? [logic, ...(logic.rule ?? []), ...(logic.input ?? []), ...(logic.output ?? [])] : [])];
}

function nameOf(manager: Manager, id: string): string {
  for (const { element } of manager.getViews()) {
    const row = element.decisionLogic?.rule?.findIndex((rule) => rule.id === id) ?? -1;
    if (row >= 0) return t('{name} 第 {row} 行', { name: element.name ?? element.id, row: row + 1 });
    if (parts(element).some((part) => part.id === id)) return element.name ?? element.id;
  }
  return id;
}

async function reveal(manager: Manager, frame: HTMLElement, finding: Finding): Promise<void> {
  const view = manager.getViews().find(({ type, element }) => type !== 'drd' && parts(element).some((part) => part.id === finding.element));
  if (view) await manager.open(view);
  frame.querySelectorAll('.dmn-found').forEach((row) => row.classList.remove('dmn-found'));
  const cell = frame.querySelector(`[data-row-id="${CSS.escape(finding.element)}"], [data-col-id="${CSS.escape(finding.element)}"]`);
  (cell?.closest('tr') ?? cell)?.classList.add('dmn-found');
  (cell ?? frame).scrollIntoView({ block: 'center' });
}

island('dmn', t('决策表'), show);
