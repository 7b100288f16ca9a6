// Walks through the history of an instance on its diagram, one recorded step after the other; replays nothing itself, the server says how each moment was.
//
//   <div data-timemachine data-xml-url="…" data-steps-url="…" data-state-url="/instances/7/at" data-label="县区初选">what is shown without JavaScript: the journal</div>
//
// data-xml-url    BPMN 2.0 XML of the version that the instance runs
// data-steps-url  JSON {steps: [Step, …]} in order of seq; a loop's rounds are steps of their own
// data-state-url  gets ?seq=n, gives JSON Moment
// The address holds the step: #seq=12. <a data-then href="…"> anywhere on the page gets ?at=moment of the step. Keys: ← → one step, Home End, space plays. When done data-ready is "ok" or "failed".
import './timemachine.css';
import { Drawing } from './drawing';
import { askJson, askText, button, island, make } from './page';
import { type DiagramState, showState } from './state';
import { moment, t } from './words';

type Kind = 'person' | 'clock' | 'message' | 'error' | 'system';
interface Step {
  seq: number;
  /** ISO 8601 with offset */
  at: string;
  /** `at` as it is to be shown, in the place's zone; else the reader's zone is used */
  when?: string;
  kind: Kind;
  sentence: string;
  /** elements that the step entered or left, so that a click on one goes to its next visit */
  elements?: string[];
}

/** How the instance stood right after a step; everything but `seq` may be left out. */
interface Moment extends DiagramState {
  seq: number;
  sentence?: string;
  /** variables as JSON; what changed since the step before is marked by comparing with it */
  data?: Record<string, unknown>;
  /** headings for keys of `data`: {"nomination.name": "姓名"} */
  labels?: Record<string, string>;
  /** tasks open at that moment */
  tasks?: { element: string; name: string; who?: string; due?: string; lamp?: 'normal' | 'soon' | 'late'; href?: string }[];
  /** timers that were running */
  timers?: { element: string; name: string; at: string }[];
  /** child instances that were there */
  children?: { title: string; state: string; href?: string }[];
}

const SIGNS: Record<Kind, [sign: string, words: string]> = { person: ['●', '人员办理'], clock: ['◷', '定时'], message: ['✉', '消息'], error: ['▲', '异常'], system: ['·', '系统'] };
const WEIGHT: Kind[] = ['error', 'person', 'message', 'clock', 'system'];
const SIGN = 17; // pixels that a sign over the slider takes
const PACES: [milliseconds: number, words: string][] = [[2400, '慢'], [1200, '中'], [500, '快']];
const LAMPS = { normal: '正常', soon: '临期', late: '逾期' };

class TimeMachine {
  private at = -1;
  private playing: ReturnType<typeof setTimeout> | null = null;
  private asked = 0;
  private readonly moments = new Map<number, Promise<Moment>>();
  private readonly slider: HTMLInputElement;
  private readonly play = button('', () => this.toggle(), { class: 'btn btn-sm btn-primary' });
  private readonly pace = make('select', { class: 'form-select form-select-sm', 'aria-label': t('播放速度') }, ...PACES.map(([ms, words], index) => make('option', { value: ms, selected: index === 1 }, t(words))));
  private readonly position = make('span', { class: 'tm-position' });
  private readonly sentence = make('p', { class: 'tm-sentence', 'aria-live': 'polite' });
  private readonly data = make('div', { class: 'tm-data', tabindex: '0', role: 'region', 'aria-label': t('当时的数据') });
  private readonly journal = make('ol', { class: 'tm-journal', tabindex: '0', 'aria-label': t('经过') });

  constructor(private readonly place: HTMLElement, private readonly drawing: Drawing, private readonly steps: Step[], private readonly stateUrl: string) {
    this.slider = make('input', { type: 'range', class: 'tm-slider', min: 0, max: steps.length - 1, step: 1, 'aria-label': t('时间'), oninput: () => void this.go(Number(this.slider.value)) });
    this.lay();
    this.listen();
  }

  async start(): Promise<void> {
    await this.go(this.fromAddress() ?? this.steps.length - 1);
  }

  private lay(): void {
    this.steps.forEach((step, index) => {
      const item = button('', () => void this.go(index), { class: 'tm-step', 'data-seq': step.seq });
      item.append(make('span', { class: `tm-sign tm-${step.kind}`, title: t(SIGNS[step.kind][1]) }, SIGNS[step.kind][0]), make('span', { class: 'tm-when' }, when(step)), make('span', {}, step.sentence));
      this.journal.append(make('li', {}, item));
    });
    this.drawing.place.append(make('div', { class: 'tm-bar d-print-none' }, this.marks(), this.slider, this.controls()), this.sentence);
    this.place.append(
      make('section', { class: 'tm-left' }, make('h2', {}, t('经过')), this.journal),
      make('section', { class: 'tm-right' }, make('h2', {}, t('当时的情况')), this.data),
    );
    this.showPlaying();
  }

  /** One sign a step over the slider, for those that stand out; they are also in the list, so that nothing hangs on them. */
  private marks(): HTMLElement {
    const last = Math.max(1, this.steps.length - 1);
    // Where steps stand too close, the weightiest of them shows.
    const places = Math.max(10, Math.floor(this.drawing.place.clientWidth / SIGN));
    const shown = new Map<number, number>();
    this.steps.forEach(({ kind }, index) => {
      const place = Math.round((index / last) * (places - 1));
      const there = this.steps[shown.get(place) ?? -1];
      if (!there || WEIGHT.indexOf(kind) < WEIGHT.indexOf(there.kind)) shown.set(place, index);
    });
    const signs = [...shown.values()].flatMap((index) => {
      const step = this.steps[index];
      if (!step) return [];
      const sign = make('span', { class: `tm-mark tm-${step.kind}`, title: `${when(step)} ${step.sentence}` }, SIGNS[step.kind][0]);
      sign.style.setProperty('--at', String(index / last));
      return [sign];
    });
    return make('div', { class: 'tm-marks', 'aria-hidden': 'true' }, ...signs);
  }

  private controls(): HTMLElement {
    const copied = make('span', { class: 'tm-copied', role: 'status' });
    const copy = button(t('复制本步链接'), () => {
      navigator.clipboard.writeText(location.href).then(() => (copied.textContent = t('已复制')), () => (copied.textContent = t('请从地址栏复制')));
      setTimeout(() => (copied.textContent = ''), 3000);
    });
    const key = make('span', { class: 'tm-key' }, ...(Object.keys(SIGNS) as Kind[]).filter((kind) => kind !== 'system').map((kind) => make('span', {}, make('span', { class: `tm-${kind}`, 'aria-hidden': 'true' }, SIGNS[kind][0]), ` ${t(SIGNS[kind][1])}`)));
    return make('div', { class: 'tm-controls' },
      button(t('首步'), () => void this.go(0)), button(t('上一步'), () => void this.step(-1)), this.play, button(t('下一步'), () => void this.step(1)), button(t('末步'), () => void this.go(this.steps.length - 1)),
      this.pace, this.position, copy, copied, key);
  }

  private listen(): void {
    this.place.addEventListener('keydown', (event) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || target.closest('select')) return;
      const pressed = target.closest('button, a, summary') && event.key === ' ';
      const act = { ArrowLeft: () => void this.step(-1), ArrowRight: () => void this.step(1), Home: () => void this.go(0), End: () => void this.go(this.steps.length - 1), ' ': () => this.toggle() }[event.key];
      if (!act || pressed) return;
      act();
      event.preventDefault();
    });
    window.addEventListener('hashchange', () => {
      const index = this.fromAddress();
      if (index !== null && index !== this.at) void this.go(index);
    });
    this.drawing.onClick((id) => {
      // The element's next visit after the present step, or its first one.
      const visits = this.steps.map((_, index) => index).filter((index) => this.steps[index]?.elements?.includes(id));
      const next = visits.find((index) => index > this.at) ?? visits[0];
      if (next !== undefined) void this.go(next);
    });
  }

  private fromAddress(): number | null {
    const seq = /^#seq=(\d+)$/.exec(location.hash)?.[1];
    if (seq === undefined) return null;
    // The last step that is not later: a link may name a step that opens nothing of its own.
    const index = this.steps.filter((step) => step.seq <= Number(seq)).length - 1;
    return index < 0 ? 0 : index;
  }

  private async step(by: number): Promise<void> {
    this.pause();
    await this.go(this.at + by);
  }

  private async go(index: number): Promise<void> {
    const to = Math.max(0, Math.min(this.steps.length - 1, index));
    const step = this.steps[to];
    if (!step) return;
    this.at = to;
    const mine = ++this.asked;
    this.place.setAttribute('aria-busy', 'true');
    this.showStep(step);
    try {
      const [before, now] = await Promise.all([this.steps[to - 1] ? this.load(to - 1) : null, this.load(to)]);
      if (mine !== this.asked) return; // another step was asked for meanwhile
      showState(this.drawing, now);
      const first = this.drawing.known(now.active ?? [])[0];
      if (first && !this.drawing.isInSight(first)) this.drawing.centre(first);
      this.sentence.replaceChildren(make('strong', {}, when(step)), ` ${now.sentence ?? step.sentence}`);
      this.data.replaceChildren(...details(now, before));
      this.place.dataset.seq = String(step.seq);
    } catch (error) {
      if (mine === this.asked) this.sentence.textContent = t('这一步没有取到（{reason}），请再试一次。', { reason: error instanceof Error ? error.message : String(error) });
    } finally {
      if (mine === this.asked) this.place.removeAttribute('aria-busy');
    }
    if (this.steps[to + 1]) void this.load(to + 1).catch(() => undefined); // ready before it is asked for
  }

  private showStep(step: Step): void {
    this.slider.value = String(this.at);
    this.slider.setAttribute('aria-valuetext', `${when(step)} ${step.sentence}`);
    this.position.textContent = t('第 {now}/{all} 步', { now: this.at + 1, all: this.steps.length });
    this.showAddress(step);
    this.journal.querySelector('[aria-current]')?.removeAttribute('aria-current');
    const item = this.journal.children[this.at]?.firstElementChild as HTMLElement | undefined;
    item?.setAttribute('aria-current', 'step');
    if (item) this.journal.scrollTop = Math.max(0, (item.parentElement as HTMLElement).offsetTop - this.journal.clientHeight / 2);
  }

  /** The step stands in the address, for whoever copies it: as fragment, and as query where the server was asked for one. Links to "then" follow. */
  private showAddress(step: Step): void {
    const address = new URL(location.href);
    if (address.searchParams.has('seq')) address.searchParams.set('seq', String(step.seq));
    address.hash = `seq=${step.seq}`;
    history.replaceState(history.state, '', address);
    for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-then]')) {
      const to = new URL(link.href);
      to.searchParams.set('at', step.at);
      link.href = to.href;
    }
  }

  private load(index: number): Promise<Moment> {
    const seq = this.steps[index]?.seq ?? 0;
    const known = this.moments.get(seq);
    if (known) return known;
    const loading = askJson<Moment>(`${this.stateUrl}${this.stateUrl.includes('?') ? '&' : '?'}seq=${seq}`);
    this.moments.set(seq, loading);
    loading.catch(() => this.moments.delete(seq));
    return loading;
  }

  private toggle(): void {
    if (this.playing) this.pause();
    else void this.run(this.at >= this.steps.length - 1 ? 0 : this.at + 1);
  }

  private async run(index: number): Promise<void> {
    this.playing = setTimeout(() => undefined);
    this.showPlaying();
    await this.go(index);
    if (!this.playing) return;
    if (this.at >= this.steps.length - 1) this.pause();
    else this.playing = setTimeout(() => void this.run(this.at + 1), Number(this.pace.value));
  }

  private pause(): void {
    if (this.playing) clearTimeout(this.playing);
    this.playing = null;
    this.showPlaying();
  }

  private showPlaying(): void {
    this.play.textContent = this.playing ? t('暂停') : t('播放');
    this.place.dataset.playing = String(this.playing !== null);
  }
}

function when(step: Step): string {
  return step.when ?? moment(new Date(step.at));
}

function* details(now: Moment, before: Moment | null): Generator<HTMLElement> {
  const named = (name: string, href?: string) => (href ? make('a', { href }, name) : make('span', {}, name));
  const section = (heading: string, lines: HTMLElement[]) => make('div', { class: 'tm-section' }, make('h3', {}, heading), make('ul', { class: 'plain-list' }, ...lines));
  if (now.tasks?.length) {
    yield section(t('待办'), now.tasks.map((task) => make('li', {}, named(task.name, task.href), ...(task.lamp ? [' ', make('span', { class: `lamp lamp-${task.lamp}` }, t(LAMPS[task.lamp]))] : []), make('small', {}, [task.who, task.due && t('期限 {due}', { due: task.due })].filter(Boolean).join('，')))));
  }
  if (now.timers?.length) yield section(t('等待的时间'), now.timers.map((timer) => make('li', {}, named(timer.name), make('small', {}, timer.at))));
  if (now.children?.length) yield section(t('下级事项'), now.children.map((child) => make('li', {}, named(child.title, child.href), make('small', {}, child.state))));
  const incidents = Object.values(now.incidents ?? {});
  if (incidents.length) yield section(t('异常'), incidents.map((sentence) => make('li', {}, sentence)));
  const names = Object.keys(now.data ?? {});
  if (names.length) yield make('div', { class: 'tm-section' }, make('h3', {}, t('数据')), table(now.data ?? {}, before?.data ?? {}, before !== null, now.labels ?? {}, ''));
  else yield make('p', { class: 'text-secondary' }, t('这一步还没有数据。'));
}

/** Nested values as nested lists; what is new or different since the step before says so in a word. */
function table(data: Record<string, unknown>, before: Record<string, unknown>, compared: boolean, labels: Record<string, string>, path: string): HTMLElement {
  const rows = Object.entries(data).flatMap(([name, value]) => {
    const full = path + name;
    const same = JSON.stringify(value) === JSON.stringify(before[name]);
    const mark = compared && !same ? [' ', make('span', { class: 'tm-changed' }, name in before ? t('已改') : t('新增'))] : [];
    return [make('dt', { title: full }, labels[full] ?? name, ...mark), make('dd', {}, written(value, before[name], compared && !same && name in before, labels, full))];
  });
  return make('dl', { class: 'tm-values' }, ...rows);
}

function written(value: unknown, before: unknown, compared: boolean, labels: Record<string, string>, path: string): Node | string {
  if (value === null || value === undefined || value === '') return '—';
  if (typeof value === 'boolean') return value ? t('是') : t('否');
  if (Array.isArray(value)) {
    if (value.length === 0) return t('（空）');
    if (value.every((one) => typeof one !== 'object')) return value.join('、');
    const list = make('ol', { class: 'tm-list' }, ...value.map((one, index) => make('li', {}, written(one, Array.isArray(before) ? before[index] : undefined, false, labels, path))));
    return value.length <= 3 ? list : make('details', {}, make('summary', {}, t('{count} 项', { count: value.length })), list);
  }
  if (typeof value === 'object') {
    const plain = value as Record<string, unknown>;
    return table(plain, (typeof before === 'object' && before !== null ? before : {}) as Record<string, unknown>, compared, labels, `${path}.`);
  }
  return String(value);
}

async function show(place: HTMLElement): Promise<void> {
  const { xmlUrl = '', stepsUrl = '', stateUrl = '', label = t('流程图') } = place.dataset;
  const [xml, { steps }] = await Promise.all([askText(xmlUrl), askJson<{ steps: Step[] }>(stepsUrl)]);
  const top = make('section', { class: 'tm-top', 'aria-label': t('流程图') });
  place.replaceChildren(top);
  if (steps.length === 0) {
    place.append(make('p', { class: 'nothing' }, t('还没有记录。')));
    return;
  }
  const drawing = await Drawing.open(top, xml, { label, controls: true, fit: place.dataset.fit });
  await new TimeMachine(place, drawing, steps, stateUrl).start();
}

island('timemachine', t('时光机'), show);
