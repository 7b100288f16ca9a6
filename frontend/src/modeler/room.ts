// Makes room where an element is dropped on a line between two neighbours that stand too close: everything to the right moves on, in the same undo step.

interface Shape {
  x: number; y: number; width: number; height: number;
  children?: Shape[];
  incoming: Line[];
  outgoing: Line[];
}
interface Line { source: Shape; target: Shape }
interface SpaceTool { calculateAdjustments(elements: Shape[], axis: 'x', delta: number, start: number): { movingShapes: Shape[]; resizingShapes: Shape[] } }
interface Modeling {
  createSpace(moving: Shape[], resizing: Shape[], delta: { x: number; y: number }, direction: 'e', start: number): void;
  moveElements(shapes: Shape[], delta: { x: number; y: number }): void;
  layoutConnection(line: Line): void;
  updateWaypoints(line: Line, points: { x: number; y: number }[]): void;
}
interface EventBus { on(event: string, priority: number, act: (event: { context: { shape: Shape; targetFlow?: unknown } }) => void): void }

const GAP = 50; // between neighbours, as where bpmn-js places elements itself
const LATE = 500; // after the line was split

export class Room {
  static readonly $inject = ['eventBus', 'modeling', 'spaceTool', 'canvas'];

  constructor(events: EventBus, private readonly modeling: Modeling, private readonly spaceTool: SpaceTool, private readonly canvas: { getRootElement(): Shape }) {
    events.on('commandStack.shape.create.postExecuted', LATE, ({ context }) => context.targetFlow && this.make(context.shape));
  }

  private make(dropped: Shape): void {
    const [before, after] = [dropped.incoming[0], dropped.outgoing[0]];
    if (!before || !after) return;
    const { source } = before;
    const { target } = after;
    if (!beside(source, dropped) || !beside(dropped, target) || target.x <= source.x) return;
    const left = source.x + source.width + GAP;
    const missing = left + dropped.width + GAP - target.x;
    if (missing > 0) {
      const start = target.x - 1;
      const others = within(this.canvas.getRootElement()).filter((shape) => shape !== dropped);
      const { movingShapes, resizingShapes } = this.spaceTool.calculateAdjustments(others, 'x', missing, start);
      this.modeling.createSpace(movingShapes, resizingShapes, { x: missing, y: 0 }, 'e', start);
    }
    const x = Math.min(Math.max(dropped.x, left), target.x - GAP - dropped.width);
    const delta = { x: x - dropped.x, y: middle(source) - middle(dropped) };
    if (delta.x || delta.y) this.modeling.moveElements([dropped], delta);
    for (const line of [before, after]) this.straighten(line);
  }

  /** Where the two overlapped for a moment, the line took a way round. */
  private straighten(line: Line): void {
    const y = middle(line.source);
    if (y !== middle(line.target)) this.modeling.layoutConnection(line);
    else this.modeling.updateWaypoints(line, [{ x: line.source.x + line.source.width, y }, { x: line.target.x, y }]);
  }
}

function middle(shape: Shape): number {
  return shape.y + shape.height / 2;
}

/** Whether one height line crosses both. */
function beside(one: Shape, other: Shape): boolean {
  return one.y < other.y + other.height && other.y < one.y + one.height;
}

function within(shape: Shape): Shape[] {
  return (shape.children ?? []).flatMap((child) => [child, ...within(child)]);
}
