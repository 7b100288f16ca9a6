// Makes room where an element is dropped on a line between two neighbours that stand too close: everything to the right moves on, in the same undo step.

interface Shape {
  x: number; y: number; width: number; height: number;
  waypoints?: unknown;
  children?: Shape[];
  incoming: { source: Shape }[];
  outgoing: { target: Shape }[];
}
interface SpaceTool { calculateAdjustments(elements: Shape[], axis: 'x', delta: number, start: number): { movingShapes: Shape[]; resizingShapes: Shape[] } }
interface Modeling {
  createSpace(moving: Shape[], resizing: Shape[], delta: { x: number; y: number }, direction: 'e', start: number): void;
  moveElements(shapes: Shape[], delta: { x: number; y: number }): void;
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
    const source = dropped.incoming[0]?.source;
    const target = dropped.outgoing[0]?.target;
    if (!source || !target || !beside(source, dropped) || !beside(dropped, target) || target.x <= source.x) return;
    const left = source.x + source.width + GAP;
    const missing = left + dropped.width + GAP - target.x;
    if (missing > 0) {
      const start = target.x - 1;
      const others = within(this.canvas.getRootElement()).filter((shape) => shape !== dropped);
      const { movingShapes, resizingShapes } = this.spaceTool.calculateAdjustments(others, 'x', missing, start);
      this.modeling.createSpace(movingShapes, resizingShapes, { x: missing, y: 0 }, 'e', start);
    }
    const x = Math.min(Math.max(dropped.x, left), target.x - GAP - dropped.width);
    if (x !== dropped.x) this.modeling.moveElements([dropped], { x: x - dropped.x, y: 0 });
  }
}

/** Whether one height line crosses both. */
function beside(one: Shape, other: Shape): boolean {
  return one.y < other.y + other.height && other.y < one.y + one.height;
}

function within(shape: Shape): Shape[] {
  return (shape.children ?? []).flatMap((child) => [child, ...within(child)]);
}
