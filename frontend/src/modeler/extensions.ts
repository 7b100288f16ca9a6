// Reads and writes zeebe: elements and banli: attributes of an element, each change one step that can be undone; knows no meaning of them.

/** A moddle object: bpmn:… or zeebe:… */
export interface Moddle {
  $type: string;
  $parent?: Moddle;
  $descriptor: { properties: { name: string; isMany?: boolean }[] };
  id?: string;
  name?: string;
  get(name: string): unknown;
  set(name: string, value: unknown): void;
}
export interface Shape {
  id: string;
  type: string;
  parent?: Shape;
  labelTarget?: Shape;
  incoming: Shape[];
  outgoing: Shape[];
  source?: Shape;
  target?: Shape;
  businessObject: Moddle;
}
export interface Modeling {
  updateModdleProperties(element: Shape, moddle: Moddle, properties: Record<string, unknown>): void;
}
export interface Factory { create(type: string, attributes: Record<string, unknown>): Moddle }

type Values = Record<string, unknown>;

/** What carries the settings: the element itself; for a pool its process. */
export function carrier(element: Shape): Moddle {
  const own = element.businessObject;
  return own.$type === 'bpmn:Participant' ? ((own.get('processRef') as Moddle | undefined) ?? own) : own;
}

/** The process, or null, that an element belongs to. */
export function processOf(element: Shape): Moddle | null {
  return processAround(carrier(element));
}

export function processAround(inner: Moddle): Moddle | null {
  let at: Moddle | undefined = inner.$type === 'bpmn:Participant' ? (inner.get('processRef') as Moddle | undefined) : inner;
  while (at && at.$type !== 'bpmn:Process') at = at.$parent;
  return at ?? null;
}

export class Extensions {
  static readonly $inject = ['modeling', 'bpmnFactory'];

  constructor(private readonly modeling: Modeling, private readonly factory: Factory) {}

  /** The zeebe: element of that type, e.g. "zeebe:TaskSchedule". */
  find(element: Shape, type: string): Moddle | undefined {
    return extensionsOf(carrier(element)).find((one) => one.$type === type);
  }

  read(element: Shape, type: string, name: string): string | undefined {
    return this.find(element, type)?.get(name) as string | undefined;
  }

  /** Sets attributes of the zeebe: element of that type; it is made when it is not there, and goes when nothing is left in it. */
  write(element: Shape, type: string, values: Values, keepEmpty = false): void {
    const host = carrier(element);
    const before = extensionsOf(host);
    const old = before.find((one) => one.$type === type);
    const attributes: Values = {};
    for (const { name } of old?.$descriptor.properties ?? []) attributes[local(name)] = old?.get(name);
    Object.assign(attributes, values);
    const isEmpty = Object.values(attributes).every((value) => value === undefined || value === '' || (Array.isArray(value) && value.length === 0));
    const made = isEmpty && !keepEmpty ? [] : [this.make(type, attributes)];
    const at = old ? before.indexOf(old) : before.length;
    this.replace(element, host, [...before.slice(0, at), ...made, ...before.slice(old ? at + 1 : at)]);
  }

  /** Child elements of zeebe:ioMapping by their targets. */
  input(element: Shape, target: string): string | undefined {
    return this.inputs(element).find((one) => one.get('target') === target)?.get('source') as string | undefined;
  }

  writeInput(element: Shape, target: string, source: string | undefined): void {
    const inputs = this.inputs(element);
    const made = source === undefined ? [] : [this.make('zeebe:Input', { source, target })];
    const at = inputs.findIndex((one) => one.get('target') === target);
    const after = at < 0 ? [...inputs, ...made] : [...inputs.slice(0, at), ...made, ...inputs.slice(at + 1)];
    this.write(element, 'zeebe:IoMapping', { inputParameters: after });
  }

  attribute(element: Shape, name: string): unknown {
    return carrier(element).get(`banli:${name}`);
  }

  writeAttribute(element: Shape, name: string, value: unknown): void {
    this.modeling.updateModdleProperties(element, carrier(element), { [`banli:${name}`]: value === '' || value === false ? undefined : value });
  }

  private inputs(element: Shape): Moddle[] {
    return (this.find(element, 'zeebe:IoMapping')?.get('inputParameters') as Moddle[] | undefined) ?? [];
  }

  private make(type: string, attributes: Values): Moddle {
    const set = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
    const made = this.factory.create(type, set);
    for (const value of Object.values(set)) if (Array.isArray(value)) for (const one of value as Moddle[]) one.$parent = made;
    return made;
  }

  private replace(element: Shape, host: Moddle, values: Moddle[]): void {
    const made = values.length ? this.factory.create('bpmn:ExtensionElements', { values }) : undefined;
    if (made) {
      made.$parent = host;
      for (const one of values) one.$parent = made;
    }
    this.modeling.updateModdleProperties(element, host, { extensionElements: made });
  }
}

function extensionsOf(host: Moddle): Moddle[] {
  return ((host.get('extensionElements') as Moddle | undefined)?.get('values') as Moddle[] | undefined) ?? [];
}

function local(name: string): string {
  return name.replace(/^.*:/, '');
}
