// The checker's findings on the elements of the drawing, and on the panel of the chosen one.
import { type Finding, SEVERITIES } from '../findings';
import { make } from '../page';
import type { Shape } from './extensions';

interface Overlays {
  add(id: string, type: string, overlay: { position: Record<string, number>; html: HTMLElement }): void;
  remove(filter: { type: string }): void;
}
interface Canvas { addMarker(id: string, marker: string): void; removeMarker(id: string, marker: string): void }
interface EventBus { fire(name: string): void }
interface Registry { get(id: string): Shape | undefined }
/** A shape as the canvas holds it: what leads into it. */
interface Placed { incoming?: { id: string; source: { id: string } }[] }

const MARKERS = Object.keys(SEVERITIES).map((severity) => `banli-found-${severity}`);

export class Marks {
  static readonly $inject = ['overlays', 'canvas', 'eventBus', 'elementRegistry'];
  private found = new Map<string, Finding[]>();
  private walked: string[] = [];

  constructor(private readonly overlays: Overlays, private readonly canvas: Canvas, private readonly events: EventBus, private readonly elements: Registry) {}

  /** Findings of one element, errors first. */
  of(id: string): Finding[] {
    return this.found.get(id) ?? [];
  }

  /** Shows the steps of a counter-example in their order, with the flows between them; [] takes it away. */
  way(path: string[]): void {
    for (const id of this.walked) if (this.elements.get(id)) this.canvas.removeMarker(id, 'banli-way');
    this.overlays.remove({ type: 'banli-way' });
    const there = path.filter((id) => this.elements.get(id));
    const flows = there.flatMap((id, at) => ((this.elements.get(id) as Placed | undefined)?.incoming ?? []).filter((flow) => path.slice(0, at).includes(flow.source.id)).map((flow) => flow.id));
    this.walked = [...new Set([...there, ...flows])];
    for (const id of this.walked) this.canvas.addMarker(id, 'banli-way');
    for (const id of new Set(there)) {
      const numbers = there.flatMap((one, at) => (one === id ? [String(at + 1)] : [])).join('、');
      this.overlays.add(id, 'banli-way', { position: { top: -12, right: 10 }, html: make('span', { class: 'way-number' }, numbers) });
    }
  }

  show(findings: Finding[]): void {
    this.way([]);
    for (const id of this.found.keys()) if (this.elements.get(id)) for (const marker of MARKERS) this.canvas.removeMarker(id, marker);
    this.overlays.remove({ type: 'banli-finding' });
    this.found = new Map();
    const order = Object.keys(SEVERITIES);
    for (const finding of [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))) {
      this.found.set(finding.element, [...this.of(finding.element), finding]);
    }
    for (const [id, here] of this.found) if (this.elements.get(id)) this.sign(id, here);
    this.events.fire('propertiesPanel.providersChanged');
  }

  private sign(id: string, here: Finding[]): void {
    const worst = here[0]?.severity ?? 'note';
    const html = make('span', { class: `finding-badge finding-badge-${worst}`, title: here.map((one) => one.message).join('\n') }, SEVERITIES[worst][0], here.length > 1 ? String(here.length) : '');
    this.canvas.addMarker(id, `banli-found-${worst}`);
    const line = this.elements.get(id)?.type === 'bpmn:SequenceFlow';
    this.overlays.add(id, 'banli-finding', { position: line ? { top: -20, left: 0 } : { bottom: 10, left: -8 }, html });
  }
}
