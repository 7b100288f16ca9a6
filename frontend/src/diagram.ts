// Shows a BPMN diagram and where an instance stands in it; reads only, edits nothing.
//
//   <div data-diagram data-xml-url="…" data-state-url="…" data-label="流程图：县区初选">what is shown without JavaScript</div>
//
// data-xml-url    BPMN 2.0 XML with layout
// data-state-url  JSON DiagramState, optional; a later state may be shown by dispatching CustomEvent('diagram:state', {detail: state}) on the element
// data-fit        "width" (default) or "natural" (one diagram unit is one pixel: for pictures and print)
// When done the element has data-ready="ok" or "failed" and data-warnings (JSON list of what bpmn-moddle complained about).
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './diagram.css';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import zeebe from 'zeebe-bpmn-moddle/resources/zeebe.json';
import banli from './banli.moddle.json';

/** All keys are element ids of the diagram; ids that the diagram does not have are left out. */
interface DiagramState {
  /** elements that hold a token now */
  active?: string[];
  /** elements that were left, with how often they were entered */
  passed?: Record<string, number>;
  /** sequence flows that were taken */
  taken?: string[];
  /** elements with an incident, with its sentence */
  incidents?: Record<string, string>;
}

type Mark = 'active' | 'passed' | 'incident';
interface Shape { id: string; type: string; labelTarget?: Shape; width?: number; x: number; y: number; businessObject: { name?: string; get(name: string): unknown } }
interface Box { x: number; y: number; width: number; height: number }
interface Canvas {
  addMarker(id: string, marker: string): void;
  removeMarker(id: string, marker: string): void;
  resized(): void;
  scroll(by: { dx: number; dy: number }): void;
  scrollToElement(id: string): void;
  viewbox(): { inner: Box };
  viewbox(box: Box): void;
  zoom(): number;
  zoom(scale: number, centre?: 'auto'): number;
}
interface Overlays {
  add(id: string, type: string, overlay: { position: Record<string, number>; html: HTMLElement }): void;
  remove(filter: { type: string }): void;
}
interface Registry { get(id: string): Shape | undefined; forEach(visit: (shape: Shape) => void): void }

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const MARKERS = ['banli-active', 'banli-passed', 'banli-taken', 'banli-incident'];
const BADGE_AT: Record<Mark, Record<string, number>> = { active: { top: -11, left: 6 }, incident: { top: -11, left: -30 }, passed: { top: -9, right: 14 } };
const MARGIN = 12;
const MARK = 28; // room for the bpmn.io mark below the diagram, which nothing may cover and which covers nothing
const SMALLEST = 0.6; // below this nobody reads Chinese labels: rather let the diagram be moved

async function show(place: HTMLElement): Promise<void> {
  const fallback = [...place.childNodes];
  try {
    const xml = await text(place.dataset.xmlUrl ?? '');
    const state: DiagramState = place.dataset.stateUrl ? JSON.parse(await text(place.dataset.stateUrl)) : {};
    place.replaceChildren();
    const diagram = await Diagram.open(place, xml);
    diagram.mark(state);
    place.addEventListener('diagram:state', (event) => diagram.mark((event as CustomEvent<DiagramState>).detail));
    place.dataset.ready = 'ok';
  } catch (error) {
    const message = document.createElement('p');
    message.setAttribute('role', 'alert');
    message.textContent = `流程图没有打开（${error instanceof Error ? error.message : String(error)}）。请刷新页面；仍不行时请联系系统管理员。`;
    place.replaceChildren(message, ...fallback);
    place.dataset.ready = 'failed';
  }
}

async function text(url: string): Promise<string> {
  const answer = await fetch(url, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`服务器回答 ${answer.status}`);
  return answer.text();
}

class Diagram {
  private readonly canvas: Canvas;
  private readonly overlays: Overlays;
  private readonly shapes: Registry;
  private readonly words = document.createElement('ul');

  private constructor(private readonly place: HTMLElement, private readonly frame: HTMLElement, viewer: NavigatedViewer) {
    this.canvas = viewer.get('canvas');
    this.overlays = viewer.get('overlays');
    this.shapes = viewer.get('elementRegistry');
  }

  static async open(place: HTMLElement, xml: string): Promise<Diagram> {
    const frame = document.createElement('div');
    frame.className = 'diagram-frame';
    place.append(frame);
    const viewer = new NavigatedViewer({
      container: frame,
      moddleExtensions: { zeebe, banli },
      textRenderer: { defaultStyle: { fontFamily: FONT, fontSize: 12 } },
      zoomScroll: { enabled: false }, // the wheel belongs to the page
      keyboard: { bind: false }, // the keys are ours, see below
    });
    const { warnings } = await viewer.importXML(xml);
    place.dataset.warnings = JSON.stringify((warnings as unknown as { message?: string }[]).map((warning) => warning.message ?? String(warning)));
    const diagram = new Diagram(place, frame, viewer);
    diagram.drawReturns();
    diagram.fit();
    diagram.listen();
    diagram.addControls();
    return diagram;
  }

  mark(state: DiagramState): void {
    const passed = state.passed ?? {};
    const incidents = state.incidents ?? {};
    this.shapes.forEach((shape) => MARKERS.forEach((marker) => this.canvas.removeMarker(shape.id, marker)));
    this.overlays.remove({ type: 'banli' });
    for (const id of this.known(Object.keys(passed))) this.sign(id, 'passed', String(passed[id]), `办理过 ${passed[id]} 次`);
    for (const id of this.known(state.taken ?? [])) this.canvas.addMarker(id, 'banli-taken');
    for (const id of this.known(state.active ?? [])) this.sign(id, 'active', '当前', '正在这一步');
    for (const id of this.known(Object.keys(incidents))) this.sign(id, 'incident', '异常', incidents[id] ?? '');
    this.describe(state);
    const first = this.known(state.active ?? [])[0];
    if (first && this.canvas.zoom() <= SMALLEST) this.canvas.scrollToElement(first);
  }

  private known(ids: string[]): string[] {
    return ids.filter((id) => this.shapes.get(id));
  }

  private sign(id: string, kind: Mark, words: string, title: string): void {
    const badge = document.createElement('span');
    badge.className = `diagram-badge diagram-badge-${kind}`;
    badge.textContent = words;
    badge.title = title;
    this.canvas.addMarker(id, `banli-${kind}`);
    this.overlays.add(id, 'banli', { position: BADGE_AT[kind], html: badge });
  }

  private drawReturns(): void {
    this.shapes.forEach((shape) => {
      if (shape.type === 'bpmn:SequenceFlow' && shape.businessObject.get('banli:return')) this.canvas.addMarker(shape.id, 'banli-return');
    });
  }

  /** The same in words, for those who do not see the colours. */
  private describe(state: DiagramState): void {
    const name = (id: string) => this.shapes.get(id)?.businessObject.name ?? id;
    const lines = [
      ...this.known(state.active ?? []).map((id) => `当前：${name(id)}`),
      ...this.known(Object.keys(state.incidents ?? {})).map((id) => `异常：${name(id)}，${state.incidents?.[id]}`),
      ...this.known(Object.keys(state.passed ?? {})).map((id) => `办理过：${name(id)}（${state.passed?.[id]} 次）`),
    ];
    this.words.replaceChildren(...lines.map((line) => {
      const item = document.createElement('li');
      item.textContent = line;
      return item;
    }));
    (this.words.parentElement as HTMLElement).hidden = lines.length === 0;
  }

  /** The width of the diagram in the width of the page, no smaller than `smallest`; the height follows. */
  private fit(smallest = SMALLEST): void {
    const inner = this.canvas.viewbox().inner;
    const natural = this.place.dataset.fit === 'natural';
    if (natural) this.frame.style.width = `${Math.ceil(inner.width + 2 * MARGIN)}px`;
    const scale = natural ? 1 : Math.max(smallest, Math.min(1, (this.frame.clientWidth - 2 * MARGIN) / inner.width));
    this.frame.style.height = `${Math.ceil(inner.height * scale + 2 * MARGIN + MARK)}px`;
    this.canvas.resized();
    const width = this.frame.clientWidth / scale;
    const left = Math.max(MARGIN / scale, (width - inner.width) / 2);
    this.canvas.viewbox({ x: inner.x - left, y: inner.y - MARGIN / scale, width, height: this.frame.clientHeight / scale });
  }

  private zoomBy(factor: number): void {
    this.canvas.zoom(Math.min(4, Math.max(0.2, this.canvas.zoom() * factor)), 'auto');
  }

  private listen(): void {
    const svg = this.frame.querySelector('svg[data-element-id], .djs-container > svg') as SVGElement;
    svg.setAttribute('tabindex', '0');
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', `${this.place.dataset.label ?? '流程图'}。方向键移动，加减号缩放，0 恢复`);
    svg.addEventListener('keydown', (event) => this.press(event));
    // The viewer is moved with the mouse by bpmn-js itself; a finger moves it sideways, up and down belong to the page.
    let from: number | null = null;
    svg.addEventListener('pointerdown', (event) => (from = event.pointerType === 'touch' ? event.clientX : null));
    svg.addEventListener('pointermove', (event) => {
      if (from === null) return;
      this.canvas.scroll({ dx: event.clientX - from, dy: 0 });
      from = event.clientX;
    });
    for (const end of ['pointerup', 'pointercancel'] as const) svg.addEventListener(end, () => (from = null));
    let width = this.frame.clientWidth;
    new ResizeObserver(() => {
      if (this.frame.clientWidth === width) return;
      width = this.frame.clientWidth;
      this.fit();
    }).observe(this.place);
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys: Record<string, () => void> = {
      ArrowLeft: () => this.canvas.scroll({ dx: 60, dy: 0 }),
      ArrowRight: () => this.canvas.scroll({ dx: -60, dy: 0 }),
      ArrowUp: () => this.canvas.scroll({ dx: 0, dy: 60 }),
      ArrowDown: () => this.canvas.scroll({ dx: 0, dy: -60 }),
      '+': () => this.zoomBy(1.25), '=': () => this.zoomBy(1.25), '-': () => this.zoomBy(0.8), '0': () => this.fit(),
    };
    const act = keys[event.key];
    if (!act) return;
    act();
    event.preventDefault();
  }

  private addControls(): void {
    const bar = document.createElement('div');
    bar.className = 'diagram-controls d-print-none';
    const button = (words: string, act: () => void) => {
      const made = document.createElement('button');
      made.type = 'button';
      made.className = 'btn btn-sm';
      made.textContent = words;
      made.addEventListener('click', act);
      return made;
    };
    bar.append(button('放大', () => this.zoomBy(1.25)), button('缩小', () => this.zoomBy(0.8)), button('全图', () => this.fit(0)), button('复位', () => this.fit()));
    const inWords = document.createElement('details');
    inWords.className = 'diagram-words';
    inWords.hidden = true;
    const summary = document.createElement('summary');
    summary.textContent = '文字说明';
    inWords.append(summary, this.words);
    this.place.append(bar, inWords);
  }
}

function begin(): void {
  document.querySelectorAll<HTMLElement>('[data-diagram]:not([data-started])').forEach((place) => {
    place.dataset.started = 'true';
    void show(place);
  });
}

begin();
document.addEventListener('htmx:after:swap', begin); // parts of a page that arrive later
