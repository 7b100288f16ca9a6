// Two versions of a diagram beside each other, coloured by the server's list of changes; compares nothing itself.
//
//   <div data-compare data-old-url="…" data-new-url="…" data-old-label="2026年版" data-new-label="2027年版" data-changes-url="…">what is shown without JavaScript: the sentences</div>
//
// data-old-url, data-new-url  BPMN 2.0 XML with layout
// data-changes-url            JSON {changes: [Change, …]} in the order to be read; or data-changes: the same list as JSON in the attribute
// A click on a sentence, or on a coloured element, centres it in both diagrams. When done data-ready is "ok" or "failed".
import './compare.css';
import { Drawing } from './drawing';
import { ask, askText, button, island, make } from './page';
import { t } from './words';

type Kind = 'added' | 'removed' | 'changed';
interface Change {
  /** element id in the diagrams; "" or absent for what has no place in them */
  element?: string;
  kind: Kind;
  /** one plain sentence: “审核推荐材料”的期限由5个工作日改为3个工作日 */
  sentence: string;
}

const WORDS: Record<Kind, [sign: string, words: string]> = { added: ['＋', '新增'], removed: ['－', '删除'], changed: ['△', '修改'] };
const KINDS = Object.keys(WORDS) as Kind[];
const BADGE_AT = { top: -11, left: 6 };

class Comparison {
  private readonly items: HTMLButtonElement[] = [];
  private readonly list = make('ol', { class: 'compare-list' });
  private hidden = new Set<Kind>();
  private chosen = -1;

  constructor(private readonly before: Drawing, private readonly after: Drawing, private readonly changes: Change[]) {
    this.paint();
    this.follow(before, after);
    this.follow(after, before);
    for (const drawing of [before, after]) drawing.onClick((id) => this.choose(changes.findIndex((change) => change.element === id)));
  }

  side(): HTMLElement {
    this.changes.forEach((change, index) => {
      const [sign, words] = WORDS[change.kind];
      const item = button('', () => this.choose(index), { class: `compare-change compare-${change.kind}`, 'data-element': change.element ?? '' });
      item.append(make('span', { class: 'compare-kind', title: t(words) }, sign), ` ${change.sentence}`); // the sentence itself says what happened
      this.items.push(item);
      this.list.append(make('li', {}, item));
    });
    const nothing = make('p', { class: 'nothing' }, t('两个版本没有不同。'));
    return make('section', { class: 'compare-side', 'aria-label': t('改动清单') }, make('div', { class: 'compare-tools' }, this.filters(), this.steps()), this.changes.length ? this.list : nothing);
  }

  private filters(): HTMLElement {
    const chips = KINDS.map((kind) => {
      const count = this.changes.filter((change) => change.kind === kind).length;
      const chip = button(`${WORDS[kind][0]} ${t(WORDS[kind][1])} ${count}`, () => {
        const show = chip.getAttribute('aria-pressed') !== 'true';
        chip.setAttribute('aria-pressed', String(show));
        this.hidden[show ? 'delete' : 'add'](kind);
        this.paint();
        this.items.forEach((item, index) => ((item.parentElement as HTMLElement).hidden = this.hidden.has(this.changes[index]?.kind ?? kind)));
      }, { class: `btn btn-sm compare-chip compare-${kind}`, 'aria-pressed': 'true', disabled: count === 0 });
      return chip;
    });
    return make('div', { class: 'compare-chips', role: 'group', 'aria-label': t('显示哪些改动') }, ...chips);
  }

  private steps(): HTMLElement {
    const step = (by: number) => {
      const shown = this.changes.map((_, index) => index).filter((index) => !this.hidden.has(this.changes[index]?.kind ?? 'added'));
      const at = shown.indexOf(this.chosen);
      const next = shown[at < 0 ? (by > 0 ? 0 : shown.length - 1) : (at + by + shown.length) % shown.length];
      if (next !== undefined) this.choose(next);
    };
    return make('div', { class: 'compare-steps' }, button(t('上一处'), () => step(-1)), button(t('下一处'), () => step(1)));
  }

  private choose(index: number): void {
    const change = this.changes[index];
    if (!change) return;
    this.chosen = index;
    this.items.forEach((item, at) => (at === index ? item.setAttribute('aria-current', 'true') : item.removeAttribute('aria-current')));
    this.items[index]?.scrollIntoView({ block: 'nearest' });
    this.paint();
    if (!change.element) return;
    for (const drawing of [this.before, this.after]) {
      drawing.centre(change.element);
      if (drawing.known([change.element]).length) drawing.mark(change.element, 'compare-chosen');
    }
  }

  private paint(): void {
    for (const [drawing, kinds] of [[this.before, ['removed', 'changed']], [this.after, ['added', 'changed']]] as [Drawing, Kind[]][]) {
      drawing.clear();
      const done = new Set<string>();
      for (const { element = '', kind, sentence } of this.changes) {
        if (!kinds.includes(kind) || this.hidden.has(kind) || done.has(element) || !drawing.known([element]).length) continue;
        done.add(element);
        drawing.mark(element, `compare-${kind}`);
        drawing.badge(element, kind, `${WORDS[kind][0]} ${t(WORDS[kind][1])}`, sentence, BADGE_AT);
      }
    }
  }

  /** Moving or zooming one moves the other alike. */
  private follow(led: Drawing, follower: Drawing): void {
    led.onMoved(() => {
      const { x, y, width, height } = led.canvas.viewbox();
      const now = follower.canvas.viewbox();
      // The height follows the width: compare what both can have in common, else they would push each other for ever.
      if (Math.abs(now.x - x) + Math.abs(now.y - y) + Math.abs(now.width - width) > 0.5) follower.canvas.viewbox({ x, y, width, height });
    });
  }
}

async function show(place: HTMLElement): Promise<void> {
  const { oldUrl = '', newUrl = '', oldLabel = t('旧版'), newLabel = t('新版') } = place.dataset;
  const [before, after, changes] = await Promise.all([askText(oldUrl), askText(newUrl), listed(place)]);
  const halves = [oldLabel, newLabel].map((words) => make('section', { class: 'compare-half', 'aria-label': words }, make('h2', { class: 'compare-title' }, words)));
  const pair = make('div', { class: 'compare-pair' }, ...halves);
  place.replaceChildren(pair);
  const drawings = [];
  for (const [index, xml] of [before, after].entries()) {
    drawings.push(await Drawing.open(halves[index] as HTMLElement, xml, { label: [oldLabel, newLabel][index] ?? '', fit: 'frame', controls: false }));
  }
  const [old, current] = drawings as [Drawing, Drawing];
  place.append(current.controls(), new Comparison(old, current, changes).side());
}

async function listed(place: HTMLElement): Promise<Change[]> {
  const given: unknown = place.dataset.changesUrl ? await (await ask(place.dataset.changesUrl)).json() : JSON.parse(place.dataset.changes ?? '[]');
  return Array.isArray(given) ? (given as Change[]) : (given as { changes: Change[] }).changes;
}

island('compare', t('对比'), show);
