// What the package offers its diagrams: the answer of data-context-url. Names and shapes only; the server makes it, and checks it again at publishing.

import { t } from '../words';

/** A value that expressions may read: a variable, a parameter of the scheme, or a part of one. */
export interface Name {
  name: string;
  label?: string;
  /** text, integer, decimal, date, boolean, …: shown beside the name */
  type?: string;
  list?: boolean;
  entries?: Name[];
}
/** `expression` without its `=`. */
export interface Preset { expression: string; label: string }
export interface Coded { code: string; label: string }

export interface Context {
  /** `at`: where it is held, shown to people; `org`: the expression where it usually is, proposed when the role is chosen */
  roles: (Coded & { at?: string; org?: string })[];
  /** where a role is held: {expression: "body.org", label: "渠道受理单位"}, {expression: "scheme.leading_group.office", label: "领导小组办公室"};
   *  each of a list: {expression: "b.org for b in channel.bodies", label: "本渠道各受理单位"} */
  organisations: Preset[];
  /** candidates that are no role of the list: {expression: "for b in channel.bodies return role(b.role, b.org)", label: "本渠道全部受理单位"} */
  candidates: Preset[];
  /** `answers`: its public fields; they become variables when the task is done */
  forms: { id: string; title: string; answers: Name[] }[];
  operations: { name: string; label: string; inputs: { name: string; label: string; required: boolean }[]; results: string[] }[];
  /** in their order */
  stages: { id: string; name: string }[];
  /** the scheme's parameters by dotted path without "scheme.", flat; those inside lists are `fields` of their list */
  parameters: { path: string; label: string; type: string; list?: boolean; fields?: Name[] }[];
  texts: { id: string; title: string }[];
  processes: { id: string; name: string }[];
  decisions: { id: string; name: string }[];
  /** our own functions and those of FEEL; a name may hold spaces */
  functions: { name: string; params: string[]; info?: string }[];
  /** variables that come from outside the diagram (from the caller, from what started it), by process id; "" for all */
  variables: Record<string, Name[]>;
}

const EMPTY: Context = { roles: [], organisations: [], candidates: [], forms: [], operations: [], stages: [], parameters: [], texts: [], processes: [], decisions: [], functions: [], variables: {} };

/** What the server left out is empty, so that an older server and a newer page get on. */
export function complete(given: Partial<Context>): Context {
  return { ...EMPTY, ...given };
}

/** The scheme as one nested name: scheme → quota → total, with its Chinese label. */
export function schemeName(context: Context): Name {
  const scheme: Name = { name: 'scheme', label: t('本次方案'), entries: [] };
  for (const parameter of context.parameters) {
    const steps = parameter.path.split('.');
    let at = scheme;
    steps.forEach((step, index) => {
      const entries = (at.entries ??= []);
      let next = entries.find((one) => one.name === step);
      if (!next) entries.push((next = { name: step }));
      if (index === steps.length - 1) Object.assign(next, { label: parameter.label, type: parameter.type, list: parameter.list ?? false }, parameter.fields ? { entries: parameter.fields } : {});
      at = next;
    });
  }
  const stages = scheme.entries?.find((one) => one.name === 'stages');
  if (stages) stages.entries = context.stages.map(({ id, name }) => ({ name: id, label: name, entries: ['start', 'end'].map((edge) => ({ name: edge, type: 'date', label: edge === 'start' ? t('开始日期') : t('截止日期') })) }));
  return scheme;
}
