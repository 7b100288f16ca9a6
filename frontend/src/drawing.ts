// A BPMN diagram on a page: draws, fits, moves, zooms, puts marks and badges on elements; reads only, and knows no instance and no version.
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './drawing.css';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import zeebe from 'zeebe-bpmn-moddle/resources/zeebe.json';
import banli from './banli.moddle.json';
import { button, make } from './page';
import { t } from './words';

export interface Box { x: number; y: number; width: number; height: number }
export interface Element extends Box { id: string; type: string; labelTarget?: Element; waypoints?: { x: number; y: number }[]; businessObject: { name?: string; get(name: string): unknown } }
interface Canvas {
  addMarker(id: string, marker: string): void;
  removeMarker(id: string, marker: string): void;
  resized(): void;
  scroll(by: { dx: number; dy: number }): void;
  viewbox(): Box & { inner: Box; scale: number };
  viewbox(box: Box): void;
  zoom(): number;
  zoom(scale: number, centre?: 'auto'): number;
}
interface Overlays {
  add(id: string, type: string, overlay: { position: Record<string, number>; html: HTMLElement }): void;
  remove(filter: { type: string }): void;
}
interface Registry { get(id: string): Element | undefined; forEach(visit: (shape: Element) => void): void }
interface EventBus { on(event: string, act: (event: { element?: Element }) => void): void }

export interface DrawingOptions {
  /** what a screen reader calls it */
  label: string;
  /** "width": as wide as the page (default); "natural": one diagram unit is one pixel; "frame": inside the height that the style sheet gives */
  fit?: string | undefined;
  /** buttons below the diagram (default true) */
  controls?: boolean;
}

export const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
export const MODDLE = { zeebe, banli };
const MARGIN = 12;
const BRAND = 28; // room for the bpmn.io mark below the diagram, which nothing may cover and which covers nothing
const SMALLEST = 0.6; // below this nobody reads Chinese labels: rather let the diagram be moved

export class Drawing {
  readonly canvas: Canvas;
  private readonly overlays: Overlays;
  private readonly elements: Registry;
  private readonly events: EventBus;
  private marked: [string, string][] = [];
  private readonly words = make('ul');
  private readonly inWords = make('details', { class: 'diagram-words', hidden: true }, make('summary', {}, t('文字说明')), this.words);

  private constructor(readonly place: HTMLElement, readonly frame: HTMLElement, viewer: NavigatedViewer, private readonly options: DrawingOptions, readonly warnings: string[]) {
    this.canvas = viewer.get('canvas');
    this.overlays = viewer.get('overlays');
    this.elements = viewer.get('elementRegistry');
    this.events = viewer.get('eventBus');
  }

  /** Appends the diagram to the place. */
  static async open(place: HTMLElement, xml: string, options: DrawingOptions): Promise<Drawing> {
    const frame = make('div', { class: 'diagram-frame' });
    place.append(frame);
    const viewer = new NavigatedViewer({
      container: frame,
      moddleExtensions: MODDLE,
      textRenderer: { defaultStyle: { fontFamily: FONT, fontSize: 12 } },
      zoomScroll: { enabled: false }, // the wheel belongs to the page
      keyboard: { bind: false }, // the keys are ours, see below
    });
    const { warnings } = await viewer.importXML(xml);
    const said = (warnings as unknown as { message?: string }[]).map((warning) => warning.message ?? String(warning));
    const drawing = new Drawing(place, frame, viewer, options, said);
    drawing.drawReturns();
    drawing.fit();
    drawing.listen();
    if (options.controls !== false) place.append(drawing.controls(), drawing.inWords);
    return drawing;
  }

  /** Those of the ids that the diagram has. */
  known(ids: Iterable<string>): string[] {
    return [...ids].filter((id) => this.elements.get(id));
  }

  name(id: string): string {
    return this.elements.get(id)?.businessObject.name ?? id;
  }

  mark(id: string, marker: string): void {
    this.canvas.addMarker(id, marker);
    this.marked.push([id, marker]);
  }

  badge(id: string, kind: string, words: string, title: string, position: Record<string, number>): void {
    this.overlays.add(id, 'banli', { position, html: make('span', { class: `diagram-badge diagram-badge-${kind}`, title }, words) });
  }

  clear(): void {
    for (const [id, marker] of this.marked) this.canvas.removeMarker(id, marker);
    this.marked = [];
    this.overlays.remove({ type: 'banli' });
  }

  /** The same in words, for those who do not see the colours; shown only when there are some. */
  describe(lines: string[]): void {
    this.words.replaceChildren(...lines.map((line) => make('li', {}, line)));
    this.inWords.hidden = lines.length === 0;
  }

  onClick(act: (id: string) => void): void {
    this.events.on('element.click', (event) => event.element && act((event.element.labelTarget ?? event.element).id));
  }

  onMoved(act: () => void): void {
    this.events.on('canvas.viewbox.changed', act);
  }

  /** Brings the element to the middle of the frame, where the diagram is larger than the frame. */
  centre(id: string): void {
    const element = this.elements.get(id);
    if (!element || !this.isShown()) return;
    const box = extent(element);
    const view = this.canvas.viewbox();
    const { inner } = view;
    const start = (middle: number, size: number, least: number, whole: number, now: number) => (now <= least && now + size >= least + whole ? now : middle - size / 2);
    this.canvas.viewbox({
      x: start(box.x + box.width / 2, view.width, inner.x, inner.width, view.x),
      y: start(box.y + box.height / 2, view.height, inner.y, inner.height, view.y),
      width: view.width, height: view.height,
    });
  }

  isInSight(id: string): boolean {
    const element = this.elements.get(id);
    if (!element || !this.isShown()) return true;
    const box = extent(element);
    const view = this.canvas.viewbox();
    return box.x >= view.x && box.y >= view.y && box.x + box.width <= view.x + view.width && box.y + box.height <= view.y + view.height;
  }

  /** The whole width of the diagram in the width of the place, no smaller than `smallest`; the height follows. */
  fit(smallest = SMALLEST): void {
    if (!this.isShown()) return; // the observer below fits it when it comes into sight
    const inner = this.canvas.viewbox().inner;
    const natural = this.options.fit === 'natural';
    if (natural) this.frame.style.width = `${Math.ceil(inner.width + 2 * MARGIN)}px`;
    let scale = natural ? 1 : Math.max(smallest, Math.min(1, (this.frame.clientWidth - 2 * MARGIN) / inner.width));
    if (this.options.fit === 'frame') {
      if (smallest === 0) scale = Math.min(scale, (this.frame.clientHeight - 2 * MARGIN - BRAND) / inner.height);
    } else {
      this.frame.style.height = `${Math.ceil(inner.height * scale + 2 * MARGIN + BRAND)}px`;
    }
    this.canvas.resized();
    const width = this.frame.clientWidth / scale;
    const height = this.frame.clientHeight / scale;
    const left = Math.max(MARGIN / scale, (width - inner.width) / 2);
    const above = Math.max(MARGIN / scale, (height - BRAND / scale - inner.height) / 2);
    this.canvas.viewbox({ x: inner.x - left, y: inner.y - above, width, height });
  }

  private isShown(): boolean {
    return this.frame.clientWidth > 0;
  }

  isSmall(): boolean {
    return this.canvas.zoom() <= SMALLEST;
  }

  zoomBy(factor: number): void {
    this.canvas.zoom(Math.min(4, Math.max(0.2, this.canvas.zoom() * factor)), 'auto');
  }

  controls(): HTMLElement {
    const act: [string, () => void][] = [['放大', () => this.zoomBy(1.25)], ['缩小', () => this.zoomBy(0.8)], ['全图', () => this.fit(0)], ['复位', () => this.fit()]];
    return make('div', { class: 'diagram-controls d-print-none' }, ...act.map(([words, press]) => button(t(words), press)));
  }

  private drawReturns(): void {
    this.elements.forEach((element) => {
      if (element.type === 'bpmn:SequenceFlow' && element.businessObject.get('banli:return')) this.canvas.addMarker(element.id, 'banli-return');
    });
  }

  private listen(): void {
    const svg = this.frame.querySelector('svg[data-element-id], .djs-container > svg') as SVGElement;
    svg.setAttribute('tabindex', '0');
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', t('{label}。方向键移动，加减号缩放，0 恢复', { label: this.options.label }));
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
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
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
    event.stopPropagation();
  }
}

function extent(element: Element): Box {
  const points = element.waypoints;
  if (!points?.length) return element;
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  return { x: Math.min(...xs), y: Math.min(...ys), width: Math.max(...xs) - Math.min(...xs), height: Math.max(...ys) - Math.min(...ys) };
}
