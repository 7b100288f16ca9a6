// The deadline of a task, between the pick lists and the expression of zeebe:taskSchedule dueDate.

export type Deadline =
  | { kind: 'none' }
  | { kind: 'days'; days: number }
  | { kind: 'parameter'; path: string }
  | { kind: 'stage'; stage: string }
  | { kind: 'date'; path: string }
  | { kind: 'other'; expression: string };

export function readDeadline(value: string | undefined): Deadline {
  const text = value?.trim() ?? '';
  if (text === '' || text === '=') return { kind: 'none' };
  const call = /^=\s*(due in|cutoff)\s*\(\s*([\w.]+)\s*\)$/.exec(text);
  const [, name, argument = ''] = call ?? [];
  if (name === 'due in' && /^\d+$/.test(argument)) return { kind: 'days', days: Number(argument) };
  const stage = /^scheme\.stages\.(\w+)\.end$/.exec(argument)?.[1];
  if (name === 'cutoff' && stage) return { kind: 'stage', stage };
  const path = /^scheme\.([\w.]+)$/.exec(argument)?.[1];
  if (path) return { kind: name === 'due in' ? 'parameter' : 'date', path };
  return { kind: 'other', expression: text };
}

export function writeDeadline(deadline: Deadline): string | undefined {
  switch (deadline.kind) {
    case 'none': return undefined;
    case 'days': return `=due in(${deadline.days})`;
    case 'parameter': return `=due in(scheme.${deadline.path})`;
    case 'stage': return `=cutoff(scheme.stages.${deadline.stage}.end)`;
    case 'date': return `=cutoff(scheme.${deadline.path})`;
    case 'other': return deadline.expression === '' ? undefined : deadline.expression;
  }
}
