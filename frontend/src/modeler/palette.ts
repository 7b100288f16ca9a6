// What clerks insert first stands first: 办理任务 and 系统操作 instead of the empty task, in the palette and beside an element.
import { t } from '../words';
import type { Shape } from './extensions';

interface Entry { group: string; className: string; title: string; action: { dragstart?: (event: Event, element: Shape) => void; click: (event: Event, element: Shape) => void } }
type Entries = Record<string, Entry>;
interface Provider { registerProvider(priority: number, provider: object): void }
interface Create { start(event: Event, shape: object, context?: object): void }
interface Factory { createShape(attributes: object): object }
interface AutoPlace { append(source: Shape, shape: object): void }

const INSTEAD: [name: string, type: string, icon: string, title: string][] = [
  ['user-task', 'bpmn:UserTask', 'bpmn-icon-user-task', '办理任务'],
  ['service-task', 'bpmn:ServiceTask', 'bpmn-icon-service-task', '服务任务'],
];
const LATE = 100; // after the stock entries, which are arranged

export class Insertions {
  static readonly $inject = ['palette', 'contextPad', 'create', 'elementFactory', 'autoPlace'];

  constructor(palette: Provider, contextPad: Provider, private readonly create: Create, private readonly factory: Factory, private readonly autoPlace: AutoPlace) {
    palette.registerProvider(LATE, { getPaletteEntries: () => (entries: Entries) => this.inPalette(entries) });
    contextPad.registerProvider(LATE, { getContextPadEntries: () => (entries: Entries) => this.besideElement(entries) });
  }

  private inPalette(entries: Entries): Entries {
    const made = INSTEAD.map(([name, type, className, title]): [string, Entry] => {
      const start = (event: Event) => this.create.start(event, this.factory.createShape({ type }));
      return [`create.${name}`, { group: 'activity', className, title: t('拖入{what}', { what: t(title) }), action: { dragstart: start, click: start } }];
    });
    return instead(entries, 'create.task', made);
  }

  private besideElement(entries: Entries): Entries {
    const made = INSTEAD.map(([name, type, className, title]): [string, Entry] => {
      const drag = (event: Event, source: Shape) => this.create.start(event, this.factory.createShape({ type }), { source });
      const append = (_: Event, source: Shape) => this.autoPlace.append(source, this.factory.createShape({ type }));
      return [`append.${name}`, { group: 'model', className, title: t('在其后添加{what}', { what: t(title) }), action: { dragstart: drag, click: append } }];
    });
    return instead(entries, 'append.append-task', made);
  }
}

function instead(entries: Entries, replaced: string, made: [string, Entry][]): Entries {
  return Object.fromEntries(Object.entries(entries).flatMap(([name, entry]) => (name === replaced ? made : [[name, entry] as [string, Entry]])));
}
